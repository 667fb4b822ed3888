"""Trained networks of every architecture in plain PyTorch, from a run's files:

    network = Network.of(Run("RUN"), "sluice")
    network.logits("ner", ["Anna", "sleeps", "."])  # [3, C], as 'tickets predict --logits' writes them

Shapes: T tokens of a sentence, N vectors, D inputs, S numbers of a state, C classes, M tasks.
"""

import json
import math
from pathlib import Path
import sys

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent / "python"))
from tickets import Run, TicketError  # noqa: E402
from tickets.torch import masks  # noqa: E402


class Network:
    """A trained network of any architecture, for one sentence at a time: what tells them apart are
    the names of their weights, and of the recipe what leaves no weights.

    `weights` are already under their masks. `tasks` are the run's, in its order.
    """

    def __init__(self, weights: dict[str, torch.Tensor], run: Run, architecture: str):
        self.weights, self.architecture, self.recipe = weights, architecture, run.recipe
        self.tasks = run.tasks
        self.texts = {task["name"] for task in run.vocabulary["tasks"] if task.get("level") == "text"}
        self.words = self.numbers(run.vocabulary["words"], "words.weight")
        self.characters = self.numbers(run.vocabulary["characters"], "characters.weight")
        self.paths = self.given_paths(run)
        self.cells: dict[tuple[str, int], nn.LSTM] = {}

    @staticmethod
    def of(run: Run, sharing: str, task: str | None = None) -> "Network":
        """The network that a run trained under `sharing`; of sparse sharing and of tasks that are
        trained alone that of `task`."""
        is_ticket = sharing in ("sparse", "subnet")
        arrays = run.weights(sharing, task if sharing in ("single", "subnet") else None)
        weights = {name: torch.tensor(array) for name, array in arrays.items()}
        if is_ticket:
            for name, mask in masks(run.ticket(task), torch.float32).items():
                if name not in weights or weights[name].shape != mask.shape:
                    raise TicketError(f"ticket of task {task}: tensor {name} does not fit the weights")
                weights[name] *= mask
        return Network(weights, run, run.recipe.get("base", "hard") if is_ticket else sharing)

    def numbers(self, entries: list[str], table: str) -> dict[str, int]:
        """Ids of a vocabulary's entries; 0 is unknown, whether or not the list holds its place."""
        if table not in self.weights:
            return {}
        rows = len(self.weights[table])
        if rows - len(entries) not in (0, 1):
            raise TicketError(f"vocabulary.json: {len(entries)} entries, but {table} has {rows} rows")
        return {entry: i for i, entry in enumerate(entries, rows - len(entries)) if i > 0}

    @torch.inference_mode()
    def logits(self, task: str, words: list[str] = (), features: torch.Tensor | None = None):
        """A task's scores: [T, C] of a sentence's tokens, [1, C] of a text, [N, C] of vectors; of
        values C is 1. `features` [T, d] or [N, d] stand beside the words, or alone."""
        states = self.states(self.inputs(words, features), task)
        if task in self.texts and words:
            states = self.pooled(states)
        w, head = self.weights, f"heads.{task}"
        if f"{head}.hidden.weight" in w:
            states = torch.relu(nn.functional.linear(
                states, w[f"{head}.hidden.weight"], w[f"{head}.hidden.bias"]))
        return nn.functional.linear(states, w[f"{head}.weight"], w[f"{head}.bias"])

    def inputs(self, words: list[str], features: torch.Tensor | None) -> torch.Tensor:
        """Word vectors, characters and features side by side: [T, D]."""
        parts = []
        if "words.weight" in self.weights:
            ids = torch.tensor([self.words.get(word.lower(), 0) for word in words])
            parts.append(self.weights["words.weight"][ids])
        if "characters.weight" in self.weights:
            parts.append(torch.stack([self.spelled(word) for word in words]))
        return torch.cat(parts if features is None else [*parts, features], dim=1)

    def spelled(self, word: str) -> torch.Tensor:
        """A word's character features."""
        ids = torch.tensor([self.characters.get(character, 0) for character in word])
        vectors = self.weights["characters.weight"][ids]
        if "conv.weight" in self.weights:
            return nn.functional.conv1d(vectors.T, self.weights["conv.weight"],
                                        self.weights["conv.bias"], padding=1).max(dim=1).values
        return self.cell("char_lstm", 0)(vectors)[1][0].flatten()

    def cell(self, prefix: str, layer: int) -> nn.LSTM:
        """A layer of an LSTM, in one direction or both."""
        if (prefix, layer) not in self.cells:
            own = {f"{name}_l0{end}": self.weights[f"{prefix}.{name}_l{layer}{end}"]
                   for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                   for end in ("", "_reverse")
                   if f"{prefix}.{name}_l{layer}{end}" in self.weights}
            gates, inputs = own["weight_ih_l0"].shape
            lstm = nn.LSTM(inputs, gates // 4, bidirectional="weight_ih_l0_reverse" in own)
            lstm.load_state_dict(own)
            self.cells[prefix, layer] = lstm
        return self.cells[prefix, layer]

    def layer(self, owner: str, k: int, x: torch.Tensor) -> torch.Tensor:
        """Layer k of the encoder called `owner`, "" for the shared one: [T, D] to [T, S]."""
        if (name := f"mlp{owner}.{k}") + ".weight" in self.weights:
            return torch.relu(nn.functional.linear(
                x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]))
        return self.cell(f"lstm{owner}", k)(x)[0]

    def stack(self, owner: str, x: torch.Tensor, depth: int | None = None) -> torch.Tensor:
        for k in range(depth or self.recipe["layers"]):
            x = self.layer(owner, k, x)
        return x

    def states(self, x: torch.Tensor, task: str) -> torch.Tensor:
        """What a task's head reads of inputs [T, D]: [T, S]."""
        if "stitch.alpha_l0" in self.weights:
            return self.stitched(x, task)
        if self.architecture == "modules":
            for module in self.paths.get(task) or self.probable_path(task):
                x = self.layer(f".module{module}", 0, x)
            return x
        if self.architecture == "shared-private":
            return torch.cat([self.stack("", x), self.stack(f".{task}", x)], dim=1)
        if self.architecture == "stacked":
            return self.stack(f".{task}", self.stack("", x))
        return self.stack("", x, self.depth(task) if self.architecture == "hierarchical" else None)

    def stitched(self, x: torch.Tensor, task: str) -> torch.Tensor:
        """Sluice and cross-stitch networks: α after every layer, a mixture of layers for the head."""
        inputs, layers = {own: x for own in self.tasks}, []
        for k in range(self.recipe["layers"]):
            alpha = self.weights[f"stitch.alpha_l{k}"]  # [S·M, S·M]
            subspaces = len(alpha) // len(self.tasks)
            states = [self.layer(f".{own}", k, inputs[own]) for own in self.tasks]
            # A subspace has a part of the units of each direction; subspaces of all tasks below another.
            directions = 1 if subspaces == 1 else 2
            parts = torch.cat([s.reshape(len(s), directions, subspaces, -1) for s in states], dim=2)
            mixed = torch.einsum("ab,tdbu->tdau", alpha, parts).split(subspaces, dim=2)
            inputs = {own: part.reshape(len(x), -1) for own, part in zip(self.tasks, mixed)}
            layers.append(inputs[task])
        if (beta := self.weights.get(f"stitch.beta.{task}")) is not None:
            return torch.einsum("k,kts->ts", beta, torch.stack(layers))
        mix = "last" if self.architecture == "cross-stitch" else self.recipe["layer-mix"]
        return {"skip": sum(layers), "concatenation": torch.cat(layers, dim=1), "last": layers[-1]}[mix]

    def depth(self, task: str) -> int:
        """The layer that a task is predicted from in hierarchical sharing, from 1."""
        given = dict(pair.split("=") for pair in self.recipe["task-layers"].split(",") if pair)
        spread = self.tasks.index(task) * (self.recipe["layers"] - 1) / max(1, len(self.tasks) - 1)
        return int(given.get(task, 1 + math.floor(spread + 0.5)))

    def pooled(self, states: torch.Tensor) -> torch.Tensor:
        """One vector of a text's states, of one encoder or several side by side: [1, S]."""
        if (pooling := self.recipe["pooling"]) != "last":
            return (states.mean(dim=0) if pooling == "mean" else states.max(dim=0).values)[None]
        directions = 2 if self.recipe["directions"] == "both" else 1
        parts = states.reshape(len(states), -1, directions, self.recipe["hidden"])
        ends = [parts[-1, :, 0], parts[0, :, 1]] if directions == 2 else [parts[-1, :, 0]]
        return torch.stack(ends, dim=1).reshape(1, -1)

    def given_paths(self, run: Run) -> dict[str, list[int]]:
        """Each task's modules, from 1, as given, or as the warm-up's search found them for tickets."""
        found = run.path / "warmup/paths.json"
        if text := self.recipe.get("paths"):
            return {task: [int(module) for module in path.split("-")]
                    for task, path in (pair.split("=") for pair in text.split(","))}
        is_chosen = "controller.embedding.weight" in self.weights
        return json.loads(found.read_text()) if found.exists() and not is_chosen else {}

    def probable_path(self, task: str) -> list[int]:
        """The path that the controller finds most probable, modules from 1."""
        w = {n.removeprefix("controller."): v for n, v in self.weights.items()}
        modules, lstm = len(w["output.bias"]) - 1, self.cell("controller.lstm", 0)
        best, growing = (-math.inf, []), [(0.0, [])]
        for length in range(1 + self.recipe["path-length"]):
            grown = []
            for probability, path in growing:
                if length == self.recipe["path-length"]:
                    best = max(best, (probability, path))
                    continue
                ids = [self.tasks.index(task), *(len(self.tasks) + module for module in path)]
                state = lstm(w["embedding.weight"][ids])[0][-1]
                scores = nn.functional.linear(state, w["output.weight"], w["output.bias"]).double()
                choices = (scores if path else scores[:modules]).log_softmax(0).tolist()
                if path:
                    best = max(best, (probability + choices[modules], path))
                grown += [(probability + choices[m], [*path, m]) for m in range(modules)]
            # A prefix less probable than a whole path cannot become better.
            growing = [entry for entry in grown if entry[0] > best[0]]
        return [module + 1 for module in best[1]]
