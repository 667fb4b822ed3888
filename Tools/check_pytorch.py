#!/usr/bin/env python3
"""Checks a run's exported weights and tickets against plain PyTorch modules.

Makes up sentences from the run's vocabulary (unknown words and characters, a one-token sentence), or
vectors, lets the tool predict them for every sharing trained in the run, as a column file for tasks of
column files and as lines of text for others, reproduces the logits in PyTorch from
weights.safetensors, tickets and recipe (pytorch_network.py), and prints the largest difference for
every task. Exit code 1 when one is above the tolerance.
"""

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from pytorch_network import Network, Run, TicketError
from tickets import read_tensors

ROOT = Path(__file__).resolve().parent.parent


def fail(message):
    sys.exit(f"check_pytorch: {message}")


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


def columns(tasks):
    """The columns of a recipe's tasks, as far as they have one, by name."""
    if isinstance(tasks, str):
        return dict(pair.split("=", 1) for pair in tasks.split(","))
    return {task["name"]: str(task.get("column", "text")) for task in tasks}


def reads(column, kind):
    """Whether a task with this column reads files of texts or of vectors."""
    return column == kind or column.startswith(f"{kind}:")


class Check:
    """One run directory, the tool to ask and a folder for what it writes."""

    def __init__(self, run, tool, folder, word_column, seed):
        self.run, self.tool, self.folder = run, tool, folder
        sources = columns(run.recipe["tasks"])
        torch.manual_seed(seed)
        self.vectors = None
        if any(reads(column, "vector") for column in sources.values()):
            self.vectors = torch.randn(20, self.width("mlp", ".0.weight"))
            save_file({"features": self.vectors}, folder / "made-up.safetensors")
            self.files = {task: folder / "made-up.safetensors" for task in run.tasks}
            return
        self.sentences = made_up_sentences(run.vocabulary["words"], seed)
        before = "_\t" * word_column
        tokens = folder / "made-up.conll"
        tokens.write_text("".join(
            "".join(f"{before}{word}\n" for word in sentence) + "\n" for sentence in self.sentences))
        texts = folder / "made-up.tsv"
        texts.write_text("".join(f"?\t{' '.join(sentence)}\n" for sentence in self.sentences))
        self.files = {task: texts if reads(sources.get(task, ""), "text") else tokens
                      for task in run.tasks}
        self.features = None
        if run.recipe.get("token-features"):
            count = sum(map(len, self.sentences))
            self.features = torch.randn(count, self.feature_width())
            save_file({"features": self.features}, folder / "features.safetensors")

    def width(self, module, end):
        """What the first layer of some network of the run reads."""
        files = self.run.path.rglob("weights.safetensors")
        return next(w.shape[1] for file in files for n, w in read_tensors(file).items()
                    if n.startswith(module) and n.endswith(end))

    def feature_width(self):
        recipe = self.run.recipe
        spelled = (recipe["char-filters"] if recipe["char-encoder"] == "cnn"
                   else 2 * recipe["char-hidden"])
        return self.width("lstm", "weight_ih_l0") - recipe["word-dim"] - spelled

    def tools_logits(self, sharing):
        """The tool's logits for the made-up files, by task."""
        found = {}
        for file in set(self.files.values()):
            names = [word for task in self.run.tasks if self.files[task] == file
                     for word in ("--task", task)]
            out = self.folder / f"{sharing}.logits.safetensors"
            if file.suffix != ".safetensors" and self.features is not None:
                names += ["--token-features", self.folder / "features.safetensors"]
            arguments = list(map(str, (
                "predict", self.run.path, "--sharing", sharing, "--logits", out, *names, file)))
            result = subprocess.run([self.tool, *arguments], capture_output=True, text=True)
            if result.returncode:
                fail(f"'{self.tool.name} {' '.join(arguments)}' exited with {result.returncode}: "
                     f"{result.stderr.strip()}")
            found |= load_file(out)
        return found

    def logits(self, network, task):
        """PyTorch's logits in file order; one sentence at a time, so that nothing can mix."""
        if self.vectors is not None:
            return network.logits(task, features=self.vectors)
        features = [None] * len(self.sentences)
        if self.features is not None:
            features = self.features.split(list(map(len, self.sentences)))
        return torch.cat([network.logits(task, *pair) for pair in zip(self.sentences, features)])

    def differences(self, sharing):
        """The largest difference between the tool's and PyTorch's logits, for every task."""
        ours = self.tools_logits(sharing)
        for task in self.run.tasks:
            theirs = self.logits(Network.of(self.run, sharing, task), task)
            if task not in ours or ours[task].shape != theirs.shape:
                found = list(ours[task].shape) if task in ours else "nothing"
                fail(f"{sharing}: expected logits {list(theirs.shape)} for task {task}, "
                     f"found {found}")
            density = ""
            if sharing in ("sparse", "subnet"):
                density = f", density {self.run.ticket(task).density:.4f}"
            print(f"{sharing:17} {task:12} {len(theirs)} rows{density}: ", end="")
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
    sharings = options.sharing or sorted(folder.name for folder in trained.glob("*"))
    if not sharings:
        fail(f"{trained}: no trained network found")

    close = True
    with tempfile.TemporaryDirectory() as folder:
        try:
            check = Check(Run(options.run), options.tool, Path(folder), options.word_column,
                          options.seed)
            for sharing in sharings:
                for difference in check.differences(sharing):
                    print(f"largest difference {difference:.2e}")
                    close = close and difference <= options.tolerance  # False for NaN
        except TicketError as error:
            fail(error)
    if not close:
        fail(f"a difference is not within {options.tolerance:g}")


if __name__ == "__main__":
    main()
