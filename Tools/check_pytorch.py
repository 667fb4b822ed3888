#!/usr/bin/env python3
"""Checks a run's exported weights and tickets against plain PyTorch modules.

Makes up sentences from the run's vocabulary (unknown words and characters, a one-token sentence),
lets the tool predict them for every sharing trained in the run, as a column file for tasks of
column files and as lines of text for others, reproduces the logits in PyTorch from
weights.safetensors and the exported tickets, and prints the largest difference for every task.
Knows the networks with one shared encoder: hard and what is made of it (single, sparse, subnet),
shared-private and stacked, and tickets of them. Exit code 1 when one is above the tolerance.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file

from pytorch_tagger import Batch, Tagger

ROOT = Path(__file__).resolve().parent.parent
ENCODERS = ("hard", "shared-private", "stacked")


def fail(message):
    sys.exit(f"check_pytorch: {message}")


def loaded(path):
    if not path.is_file():
        fail(f"{path}: no such file")
    return load_file(path)


def made_up_sentences(words, seed):
    """Sentences of known words in several spellings, unknown words and unknown characters."""
    choose = random.Random(seed)
    # Plain words only: what counts as one character is no question for them.
    known = [w for w in words if w.isascii() and w.isprintable() and " " not in w]
    known = [w for w in known if not w.startswith(("#", "-", "<"))]
    if not known:
        fail("the vocabulary holds no plain words to make sentences of")

    def word():
        kind, text = choose.random(), choose.choice(known)
        if kind < 0.15:  # unknown, made of known characters
            return text[::-1] + choose.choice(known)
        return text.capitalize() if kind < 0.35 else text.upper() if kind < 0.45 else text

    sentences = [[word() for _ in range(choose.randint(2, 30))] for _ in range(20)]
    return [[choose.choice(known)], ["\u16a0"], ["x\u16a1y", choose.choice(known)], *sentences]


def numbers(entries, rows, what):
    """Ids of a vocabulary's entries; id 0 is unknown, whether or not the list holds its place."""
    if rows - len(entries) not in (0, 1):
        fail(f"vocabulary.json: {len(entries)} {what}, but their table has {rows} rows")
    return {e: i for i, e in enumerate(entries, rows - len(entries)) if i > 0}


def reference(weights, masks, vocabulary, task, sentences, poolings):
    """PyTorch's logits in file order; one sentence at a time, so that nothing can mix."""
    for name, mask in masks.items():
        if name not in weights or weights[name].shape != mask.shape:
            fail(f"ticket of task {task}: tensor {name} does not fit the weights")
        if not ((mask == 0) | (mask == 1)).all():
            fail(f"ticket of task {task}: tensor {name} holds values other than 0 and 1")
    model = Tagger.shaped_like(
        {n: w * masks[n] if n in masks else w for n, w in weights.items()}, poolings)
    words = numbers(vocabulary["words"], len(weights["words.weight"]), "words")
    characters = {}
    if model.has_characters:
        rows = len(weights["characters.weight"])
        characters = numbers(vocabulary["characters"], rows, "characters")
    logits = []
    for sentence in sentences:
        batch = Batch(
            step_sizes=torch.ones(len(sentence), dtype=torch.int64),
            words=torch.tensor([words.get(w.lower(), 0) for w in sentence]),
            forms=torch.arange(len(sentence)),
            form_starts=torch.tensor([0, *(len(w) for w in sentence)]).cumsum(0),
            characters=torch.tensor([characters.get(c, 0) for w in sentence for c in w]))
        with torch.inference_mode():
            logits.append(model(batch, task))
    return torch.cat(logits)


def reads_texts(tasks, name):
    """Whether a task of the recipe reads files of texts: it has no column, or one of a text file."""
    if isinstance(tasks, str):
        tasks = [dict(zip(("name", "column"), pair.split("=", 1))) for pair in tasks.split(",")]
    column = next(str(task.get("column", "text")) for task in tasks if task["name"] == name)
    return column == "text" or column.startswith("text:")


class Check:
    """One run directory, the tool to ask and a folder for what it writes."""

    def __init__(self, run, tool, folder):
        self.run, self.tool, self.folder = run, tool, folder
        path = run / "vocabulary.json"
        if not path.is_file():
            fail(f"{path}: no such file; is {run} a run directory?")
        self.vocabulary = json.loads(path.read_text())
        self.tasks = [task["name"] for task in self.vocabulary["tasks"]]
        recipe = json.loads((run / "run.json").read_text())["recipe"]
        if (base := recipe.get("base", "hard")) not in ENCODERS:
            fail(f"{run}: its tickets are pruned from a {base} network, which this does not know")
        self.poolings = {task["name"]: recipe["pooling"] for task in self.vocabulary["tasks"]
                         if task.get("level") == "text"}
        self.from_texts = {name for name in self.tasks if reads_texts(recipe["tasks"], name)}

    def call(self, *arguments):
        result = subprocess.run([self.tool, *map(str, arguments)], capture_output=True, text=True)
        if result.returncode:
            fail(f"'{self.tool.name} {' '.join(map(str, arguments))}' "
                 f"exited with {result.returncode}: {result.stderr.strip()}")

    def weights(self, sharing, task):
        folder = self.run / "train" / sharing
        alone = sharing in ("single", "subnet")
        return loaded((folder / task if alone else folder) / "weights.safetensors")

    def masks(self, sharing, task):
        if sharing not in ("sparse", "subnet"):
            return {}
        out = self.folder / f"{task}.masks.safetensors"
        self.call("export", self.run / "tickets" / task / "ticket.ticket", "--out", out)
        return loaded(out)

    def logits(self, sharing, file, tasks):
        """The tool's logits of some tasks for a file, by task."""
        if not tasks:
            return {}
        out = self.folder / f"{sharing}.logits.safetensors"
        names = [word for task in tasks for word in ("--task", task)]
        self.call("predict", self.run, "--sharing", sharing, "--logits", out, *names, file)
        return loaded(out)

    def differences(self, sharing, columns, texts, sentences):
        """The largest difference between the tool's and PyTorch's logits, for every task."""
        tagged = [task for task in self.tasks if task not in self.from_texts]
        ours = self.logits(sharing, columns, tagged)
        ours |= self.logits(sharing, texts, [t for t in self.tasks if t in self.from_texts])
        for task in self.tasks:
            masks = self.masks(sharing, task)
            theirs = reference(
                self.weights(sharing, task), masks, self.vocabulary, task, sentences,
                self.poolings)
            if task not in ours or ours[task].shape != theirs.shape:
                found = list(ours[task].shape) if task in ours else "nothing"
                fail(f"{sharing}: expected logits {list(theirs.shape)} for task {task}, "
                     f"found {found}")
            alive = sum(int(m.sum()) for m in masks.values())
            size = sum(m.numel() for m in masks.values())
            density = f", density {alive / size:.4f}" if masks else ""
            what = "texts" if task in self.poolings else "tokens"
            print(f"{sharing:14} {task:12} {len(theirs)} {what}{density}: ", end="")
            yield float((ours[task] - theirs).abs().max())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("run", type=Path, metavar="RUN", help="a run directory with trained networks")
    add("--tool", type=Path, default=ROOT / ".build/release/tickets",
        help="the built tool (default: .build/release/tickets of this project)")
    add("--sharing", action="append", metavar="S", help="only this sharing (default: all trained)")
    add("--word-column", type=int, default=0, help="the run's word column (default 0)")
    add("--tolerance", type=float, default=1e-4, help="default 1e-4")
    add("--seed", type=int, default=1, help="of the made-up sentences (default 1)")
    options = parser.parse_args()
    if not options.tool.is_file():
        fail(f"{options.tool}: no such file; build it with 'swift build -c release'")
    trained = options.run / "train"
    known = ("sparse", "subnet", *ENCODERS, "single")
    sharings = options.sharing or [name for name in known if (trained / name).is_dir()]
    if not sharings:
        fail(f"{trained}: no trained network found")

    with tempfile.TemporaryDirectory() as folder:
        check = Check(options.run, options.tool, Path(folder))
        sentences = made_up_sentences(check.vocabulary["words"], options.seed)
        columns = Path(folder) / "made-up.conll"
        before = "_\t" * options.word_column
        columns.write_text("".join(
            "".join(f"{before}{word}\n" for word in sentence) + "\n" for sentence in sentences))
        texts = Path(folder) / "made-up.tsv"
        texts.write_text("".join(f"?\t{' '.join(sentence)}\n" for sentence in sentences))
        close = True
        for sharing in sharings:
            for difference in check.differences(sharing, columns, texts, sentences):
                print(f"largest difference {difference:.2e}")
                close = close and difference <= options.tolerance  # False for NaN
    if not close:
        fail(f"a difference is not within {options.tolerance:g}")


if __name__ == "__main__":
    main()
