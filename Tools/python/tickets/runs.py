"""Runs and comparisons as the tool leaves them (Sources/Runs/README.md), as tables."""

from collections.abc import Callable
import os
from pathlib import Path
import re
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ._error import TicketError, shown
from ._json import is_safe, read_kept, read_lines, read_object
from ._reading import read_ticket
from ._safetensors import read_tensors
from .overlap import overlap
from .ticket import Ticket

if TYPE_CHECKING:
    from pandas import DataFrame

Record = dict[str, Any]


def _frame(records: list[Record]) -> "DataFrame":
    try:
        import pandas
    except ImportError:
        raise TicketError("data frames need pandas (pip install pandas); records(NAME) has the same as "
                          "a list of dicts") from None
    return pandas.DataFrame(records)


class _Tables:
    """A folder of which there are tables by name."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._tables: dict[str, Callable[[], list[Record]]] = {}

    def records(self, table: str) -> list[Record]:
        """The rows of a table as dicts; `table` is the name of the method that makes a data frame of
        it. TicketError that names the file if one is missing or damaged."""
        if table not in self._tables:
            raise TicketError(f"there is no table {shown(table)}; there are {', '.join(self._tables)}")
        return self._tables[table]()


class Run(_Tables):
    """A run's folder.

    `recipe` has the resolved settings by option; `vocabulary` the words, characters and labels that
    the run knows (empty before its first training), `tasks` the tasks' names, in the recipe's order.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Opens the run in the folder `path`; TicketError if there is none."""
        super().__init__(path)
        self._tables = {"metrics": self._metrics, "rounds": self._rounds, "scores": self._scores,
                        "labels": self._labels}
        self.recipe: Record = _member(self.path / "run.json", read_object, "recipe")
        file = self.path / "vocabulary.json"
        self.vocabulary: Record = read_object(file) if file.exists() else {"tasks": []}
        self.tasks: list[str] = []
        for task in _rows(file, lambda _: self.vocabulary, "tasks"):
            if not is_safe(str(task.get("name"))):
                raise TicketError(f"{file}: has a task without a sound name")
            self.tasks.append(task["name"])

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def metrics(self) -> "DataFrame":
        """What every epoch measured, a row an epoch: stage, task, round, epoch, seconds, dev.TASK,
        loss.TASK and others; Sources/Runs/README.md explains the columns."""
        return _frame(self._metrics())

    def rounds(self) -> "DataFrame":
        """The rounds of pruning, a row a task and round: alive weights, density (where the task keeps a
        ticket), dev score (0 to 1), the best epoch, and whether it is the round that the task keeps."""
        return _frame(self._rounds())

    def scores(self) -> "DataFrame":
        """The scores on test that 'tickets evaluate RUN' keeps, a row a sharing (or baseline) and task:
        metric, value (0 to 1), precision, recall, accuracy, parameters."""
        return _frame(self._scores())

    def labels(self) -> "DataFrame":
        """The same by label, or type of span: precision, recall, F1, support, predicted."""
        return _frame(self._labels())

    def ticket(self, task: str, round: int | None = None) -> Ticket:
        """The ticket of a task: the one it keeps, or that of a round."""
        name = "ticket.ticket" if round is None else f"round-{round:02}.ticket"
        return read_ticket(self.path / "tickets" / self._known(task) / name)

    def tickets(self) -> dict[str, Ticket]:
        """The ticket that every task keeps."""
        return {task: self.ticket(task) for task in self.tasks}

    def theta0(self) -> dict[str, NDArray[Any]]:
        """θ⁰, what every ticket starts from, by PyTorch's names."""
        return read_tensors(self.path / "theta0.safetensors")

    def weights(self, sharing: str, task: str | None = None) -> dict[str, NDArray[Any]]:
        """A trained network's weights by PyTorch's names; `task` where tasks are trained alone."""
        if not is_safe(sharing):
            raise TicketError(f"{self.path}: there is no sharing {shown(sharing)}")
        folder = self.path / "train" / sharing
        return read_tensors((folder / self._known(task) if task else folder) / "weights.safetensors")

    def overlap(self) -> Record:
        """How far the tickets that tasks keep overlap, as `tickets overlap RUN --json` prints it."""
        return overlap(self.tickets(), theta0=self.theta0())

    def _known(self, task: str) -> str:
        if task not in self.tasks:
            raise TicketError(f"{self.path}: has no task {shown(task)}")
        return task

    def _metrics(self) -> list[Record]:
        files = sorted((self.path / "metrics").rglob("*.jsonl"))
        old = self.path / "metrics.jsonl"  # of older programs
        return [line for file in ([old] if old.exists() else []) + files for line in read_lines(file)]

    def _rounds(self) -> list[Record]:
        rows: list[Record] = []
        for task in self.tasks:
            folder = self.path / "tickets" / task
            if not (folder / "rounds.json").exists():
                continue
            kept = self.ticket(task) if (folder / "ticket.ticket").exists() else None
            for entry in _rows(folder / "rounds.json", read_object, "rounds"):
                try:
                    rows.append({
                        "task": task, "round": entry["round"], "alive": entry["alive"],
                        "density": entry["alive"] / kept.prunable if kept else None,
                        "score": entry.get("score"), "best_epoch": entry["bestEpoch"],
                        "is_kept": kept is not None and kept.round == entry["round"]})
                except (KeyError, TypeError):
                    raise TicketError(f"{folder / 'rounds.json'}: has a round that is none") from None
        return rows

    def _results(self) -> list[Record]:
        return _rows(self.path / "results/test-scores.json",
                     lambda path: read_kept(path, self.path), "results")

    def _scores(self) -> list[Record]:
        return [_ordered({key: value for key, value in result.items()
                          if not isinstance(value, (dict, list))}) for result in self._results()]

    def _labels(self) -> list[Record]:
        return [{"sharing": result.get("sharing"), "task": result.get("task")} | label
                for result in self._results()
                for label in result.get("labels", []) if isinstance(label, dict)]


class Comparison(_Tables):
    """A comparison's folder.

    `recipe` has the settings that all runs have in common; `plan` all that comparison.json holds;
    `runs` the runs by their folders, as far as they have begun. Rows of its tables begin with `run`,
    the folder, and `vary.OPTION` for each option that varies.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Opens the comparison in the folder `path`; TicketError if there is none."""
        super().__init__(path)
        self._tables = {"metrics": self._metrics, "rounds": self._rounds, "scores": self._scores,
                        "costs": self._costs}
        self.plan = read_object(self.path / "comparison.json")
        self.recipe: Record = _member(self.path / "comparison.json", lambda _: self.plan, "recipe")
        self.runs: dict[str, Run] = {
            str(file.parent.relative_to(self.path)): Run(file.parent)
            for file in sorted(self.path.rglob("seed-*/run.json"))}
        self._values = {slug: (option, value) for axis in self.plan.get("vary", [])
                        for option, value, slug in _slugs(axis, self.path)}

    def __repr__(self) -> str:
        return f"Comparison({str(self.path)!r}, {len(self.runs)} runs)"

    def metrics(self) -> "DataFrame":
        """What every epoch of every run measured; see Run.metrics."""
        return _frame(self._metrics())

    def rounds(self) -> "DataFrame":
        """The rounds of pruning of every run; see Run.rounds."""
        return _frame(self._rounds())

    def scores(self) -> "DataFrame":
        """What the comparison keeps of single runs, a row a measurement: sharing, task, seed, where it
        was trained (source) and scored (domain), metric, value. Also the tickets' `overlap` and
        `overlap_z`."""
        return _frame(self._scores())

    def costs(self) -> "DataFrame":
        """What training took, a row a sharing and run: parameters, seconds of its own training, of its
        warm-up and of pruning, tokens, processor seconds."""
        return _frame(self._costs())

    def _varied(self, folder: str) -> Record:
        return {"run": folder} | {
            f"vary.{self._values[part][0]}": self._values[part][1]
            for part in folder.split("/") if part in self._values}

    def _of_runs(self, table: str) -> list[Record]:
        return [self._varied(folder) | {"seed": run.recipe.get("seed")} | row
                for folder, run in self.runs.items() for row in run.records(table)]

    def _metrics(self) -> list[Record]:
        return self._of_runs("metrics")

    def _rounds(self) -> list[Record]:
        return self._of_runs("rounds")

    def _kept(self, *lists: str) -> list[Record]:
        results = self.path / "results"
        files = sorted(results.rglob("seed-*.json"))
        if not files:
            raise TicketError(f"{results}: has no scores yet; 'tickets report {self.path}' measures them")
        dropped = ("variation", "sentences")
        return [self._varied(str(file.relative_to(results))[:-len(".json")])
                | _ordered({key: value for key, value in row.items() if key not in dropped})
                for file in files for name in lists
                for row in _rows(file, lambda path: read_kept(path, self.path), name)]

    def _scores(self) -> list[Record]:
        return self._kept("scores", "others")

    def _costs(self) -> list[Record]:
        return self._kept("efforts")


def _ordered(row: Record) -> Record:
    """The row, what tells it from others first."""
    first = [key for key in ("sharing", "task", "seed", "metric", "value") if key in row]
    return {key: row[key] for key in first} | row


def _member(path: Path, read: Callable[[Path], Record], name: str) -> Any:
    found = read(path).get(name)
    if not isinstance(found, dict):
        raise TicketError(f"{path}: has no {name}")
    return found


def _rows(path: Path, read: Callable[[Path], Record], name: str) -> list[Record]:
    found = read(path).get(name)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise TicketError(f"{path}: has no list of {name}")
    return found


def _slugs(axis: object, path: Path) -> list[tuple[str, Any, str]]:
    """The option that varies, its values, and what folders are called by them: OPTION=VALUE, or
    OPTION=NUMBER, counted from 1, where one of the values cannot name a folder."""
    match axis:
        case {"option": str(option), "values": list(values)}:
            named = [f"{option}={value if isinstance(value, (str, int, float)) else ''}"
                     for value in values]
            is_named = (all(re.fullmatch(r"[A-Za-z0-9_-]+=[A-Za-z0-9_.,=+-]+", name)
                            and len(name) <= 80 for name in named)
                        and len({name.lower() for name in named}) == len(named))
            slugs = named if is_named else [f"{option}={i + 1}" for i in range(len(values))]
            return [(option, value, slug) for value, slug in zip(values, slugs)]
    raise TicketError(f"{path / 'comparison.json'}: has an option that varies without values")
