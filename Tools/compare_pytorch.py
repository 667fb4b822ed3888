#!/usr/bin/env python3
"""Trains and predicts with tickets and with PyTorch in turn and prints ratios of tokens a second.

Both sides read the same column files and use the published network, the same batches' size and
threads; masks are random, one a task. A pair is a measurement of each side, one right after the
other, first one then the other in front, so that a machine whose speed drifts slows both; all
cases are measured once before any is measured again. PyTorch (Tools/bench_pytorch.py --serve)
starts once and waits while tickets (`tickets bench --json`) is measured. Its masks are multiplied
into the weights once a training step, or once in all for prediction; its batches are made before
the clock starts, those of tickets count. Needs PyTorch: run it with the Python that
Tools/python_env makes.

Example:
  .venv/bin/python Tools/compare_pytorch.py --train news.conll bio.conll --tasks pos=1,ner=3
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUSY = ("warning: other processes were at work; with a core taken away PyTorch's two threads "
        "collapse, so these ratios flatter tickets")
# Mode, density, batch.
CASES = {
    "train dense": ("train", 1, 10),
    "train 0.3": ("train", 0.3, 10),
    "train 0.1": ("train", 0.1, 10),
    "predict dense": ("predict", 1, 10),
    "predict 0.1": ("predict", 0.1, 10),
    "predict dense, batch 32": ("predict", 1, 32),
    "predict 0.1, batch 32": ("predict", 0.1, 32),
}


def common(options):
    """The options that both sides understand, but for the files."""
    return ["--tasks", options.tasks, "--word-column", str(options.word_column), "--threads",
            str(options.threads), "--hidden", str(options.hidden), "--layers", str(options.layers),
            "--seconds", str(options.seconds)]


class Theirs:
    """A PyTorch process that measures when asked."""

    def __init__(self, options):
        command = [sys.executable, ROOT / "Tools/bench_pytorch.py", "--serve", "--warm-up",
                   str(options.warm_up), "--train", *options.train, *common(options)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.version = self.answer()["pytorch"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("compare_pytorch: bench_pytorch.py ended early; its message stands above")
        return json.loads(line)

    def rate(self, mode, density, batch):
        request = {"mode": mode, "density": density, "batch": batch}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        rate = self.answer()["tokens_per_second"]
        time.sleep(0.2)  # OpenMP's threads spin for some milliseconds before they sleep
        return rate

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def ours(options, mode, density, batch):
    """Tokens a second with tickets, one measurement."""
    command = [options.tool, "bench", "--json", "--quiet", "--repeats", "1", "--mode", mode,
               "--density", str(density), "--batch", str(batch), "--execution",
               options.execution, *common(options)]
    for file in options.train:
        command += ["--train", file]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if run.returncode:
        sys.exit(run.returncode)
    return round(json.loads(run.stdout)["results"][0]["tokens_per_second"])


def busy(seconds=0.3):
    """The share of the machine that other processes use while both sides wait."""
    def times():
        fields = [int(f) for f in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return sum(fields), fields[3] + fields[4]
    before = times()
    time.sleep(seconds)
    after = times()
    total = after[0] - before[0]
    return 1 - (after[1] - before[1]) / total if total else 0.0


def summary(pairs):
    ratios = [p["ratio"] for p in pairs]
    return {"ratio": statistics.median(ratios), "lowest": min(ratios), "highest": max(ratios),
            "tickets": round(statistics.median(p["tickets"] for p in pairs)),
            "pytorch": round(statistics.median(p["pytorch"] for p in pairs)), "pairs": pairs}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--train", type=Path, nargs="+", required=True, metavar="FILE", help="column files")
    add("--word-column", type=int, default=0, help="the word's column, from 0 (default 0)")
    add("--tasks", default="pos=1", help="name=column, comma-separated (default pos=1)")
    add("--threads", type=int, default=2, help="threads of each side (default 2)")
    add("--hidden", type=int, default=200)
    add("--layers", type=int, default=2)
    add("--pairs", type=int, default=5, help="measurements of each side and case (default 5)")
    add("--seconds", type=float, default=5, help="of one measurement (default 5)")
    add("--warm-up", type=float, default=2, help="seconds before PyTorch's clock starts; "
        "a quarter of --seconds for tickets (default 2)")
    add("--case", action="append", choices=list(CASES), help="repeatable (default: all)")
    add("--execution", choices=("auto", "dense", "sparse"), default="auto",
        help="of masks in tickets (default auto)")
    add("--tool", type=Path, default=ROOT / ".build/release/tickets")
    add("--json", action="store_true", help="one JSON object on standard output at the end")
    options = parser.parse_args()
    if options.pairs < 1:
        parser.error("--pairs must be at least 1")

    names = options.case or list(CASES)
    progress = sys.stderr if options.json else sys.stdout
    theirs = Theirs(options)
    print(f"PyTorch {theirs.version}, {options.threads} threads, {options.layers} x "
          f"{options.hidden}", file=progress, flush=True)
    pairs = {name: [] for name in names}
    for pair in range(options.pairs):
        for name in names:
            share = busy()
            if pair % 2 == 0:
                a = ours(options, *CASES[name])
                b = theirs.rate(*CASES[name])
            else:
                b = theirs.rate(*CASES[name])
                a = ours(options, *CASES[name])
            pairs[name].append({"tickets": a, "pytorch": b, "ratio": round(a / b, 3),
                                "busy": round(share, 2)})
            print(f"pair {pair + 1} of {options.pairs}, {name}: tickets {a} tokens/s, "
                  f"PyTorch {b}, ratio {a / b:.2f}"
                  + (f" (others use {share:.0%} of the machine)" if share > 0.1 else ""),
                  file=progress, flush=True)
    theirs.end()
    if any(p["busy"] > 0.1 for group in pairs.values() for p in group):
        print(BUSY, file=sys.stderr)
    result = {name: summary(pairs[name]) for name in names}
    if options.json:
        print(json.dumps({
            "pytorch": theirs.version, "threads": options.threads, "hidden": options.hidden,
            "layers": options.layers, "seconds": options.seconds, "execution": options.execution,
            "files": [str(f) for f in options.train], "tasks": options.tasks, "cases": result},
            indent=2))
        return
    width = max(map(len, names))
    print(f"\n{'case':{width}}  {'tickets':>8}  {'PyTorch':>8}  {'ratio':>6}  {'lowest':>6}  highest")
    for name, row in result.items():
        print(f"{name:{width}}  {row['tickets']:8d}  {row['pytorch']:8d}  {row['ratio']:6.2f}  "
              f"{row['lowest']:6.2f}  {row['highest']:7.2f}")


if __name__ == "__main__":
    main()
