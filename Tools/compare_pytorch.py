#!/usr/bin/env python3
"""Trains the published network with tickets and with PyTorch in turn and prints the ratio.

Both sides read the same column files with the same sizes, batch, optimiser and threads; each pair
is one epoch of `tickets warmup` (tokens a second of training, evaluation not counted) and one
measurement of Tools/bench_pytorch.py, one after the other, so that a machine whose speed drifts
slows both. Needs PyTorch: run it with the Python that Tools/python_env makes.

Example:
  .venv/bin/python Tools/compare_pytorch.py --train news.conll bio.conll --tasks pos=1,ner=3
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def ours(options, folder):
    """Training tokens a second of one epoch with tickets."""
    command = [options.tool, "warmup", "--out", folder, "--tasks", options.tasks,
               "--dev", options.train[0], "--warmup-epochs", "1", "--jobs", str(options.threads),
               "--batch", str(options.batch), "--hidden", str(options.hidden),
               "--layers", str(options.layers), "--word-column", str(options.word_column), "--quiet"]
    for file in options.train:
        command += ["--train", file]
    subprocess.run(command, check=True)
    line = json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])
    return line["tokens"] / line["seconds"]


def theirs(options):
    """Training tokens a second of one measurement with PyTorch."""
    command = [sys.executable, ROOT / "Tools/bench_pytorch.py", "--train", *options.train,
               "--tasks", options.tasks, "--word-column", str(options.word_column),
               "--threads", str(options.threads), "--batch", str(options.batch),
               "--hidden", str(options.hidden), "--layers", str(options.layers),
               "--seconds", str(options.seconds), "--repeats", "1"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output)["tokens_per_second"]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--train", type=Path, nargs="+", required=True, metavar="FILE", help="column files")
    add("--word-column", type=int, default=0, help="the word's column, from 0 (default 0)")
    add("--tasks", default="pos=1", help="name=column, comma-separated (default pos=1)")
    add("--threads", type=int, default=2, help="threads of each side (default 2)")
    add("--batch", type=int, default=10)
    add("--hidden", type=int, default=200)
    add("--layers", type=int, default=2)
    add("--pairs", type=int, default=5, help="measurements of each side (default 5)")
    add("--seconds", type=float, default=10, help="of one PyTorch measurement (default 10)")
    add("--tool", type=Path, default=ROOT / ".build/release/tickets")
    options = parser.parse_args()
    ratios = []
    for pair in range(options.pairs):
        with tempfile.TemporaryDirectory() as folder:
            a, b = ours(options, Path(folder) / "run"), theirs(options)
        ratios.append(a / b)
        print(f"pair {pair + 1}: tickets {a:.0f} tokens/s, PyTorch {b:.0f}, ratio {a / b:.2f}",
              flush=True)
    print(f"median ratio {statistics.median(ratios):.2f} "
          f"(lowest {min(ratios):.2f}, highest {max(ratios):.2f})")


if __name__ == "__main__":
    main()
