"""Prints what plans, their status and finished comparisons cost as they grow, with trainings that are
next to nothing: seconds of 'compare --plan' and of 'jobs status', the files and folders made; then
seconds of the comparison itself, of opening it when it is finished, and of opening it with one seed
more (the least of three where nothing changes)."""

import argparse
import os
import subprocess
import tempfile
import time

from plans import BUILT, ask, fail, usable

COMPARISON = (
    "--layers 1 --hidden 2 --word-dim 2 --char-dim 2 --char-filters 2 --train-sentences 4 "
    "--warmup-epochs 1 --epochs 1 --sharing hard --quiet --seeds"
).split()


def seconds(*command, times=1):
    least = None
    for _ in range(times):
        start = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True)
        taken = time.monotonic() - start
        if done.returncode != 0:
            fail(done.returncode, f"{' '.join(command[:3])}: {done.stderr.strip()[-500:]}")
        least = taken if least is None else min(least, taken)
    return least


def main():
    parser = argparse.ArgumentParser(prog="Tools/cluster/growth", description=__doc__)
    parser.add_argument("--tool", default=BUILT)
    parser.add_argument("--cells", type=int, nargs="+", default=[3, 30, 300], metavar="N",
                        help="runs of the comparisons, three jobs each (default: 3 30 300)")
    parser.add_argument("--plans-only", action="store_true", help="train nothing")
    arguments = parser.parse_args()
    tool = usable(arguments.tool)
    print("| runs | jobs | planning, s | `jobs status`, s | files and folders | comparing, s "
          "| opening, s | one seed more, s |\n|---:|---:|---:|---:|---:|---:|---:|---:|")
    for count in arguments.cells:
        with tempfile.TemporaryDirectory(prefix="tickets-growth-") as folder:
            out, plan = os.path.join(folder, "out"), os.path.join(folder, "plan.json")
            command = [tool, "compare", "--out", out, *COMPARISON, str(count)]
            planning = seconds(*command, "--plan", plan)
            jobs = ask(tool, "jobs", "status", plan, "--left").count("\n")
            looking = seconds(tool, "jobs", "status", plan, times=3)
            made = sum(len(folders) + len(names) for _, folders, names in os.walk(out))
            row = [f"{planning:.1f}", f"{looking:.2f}", f"{made:,}"]
            if not arguments.plans_only:
                row += [f"{seconds(*command):.1f}", f"{seconds(*command, times=3):.2f}",
                        f"{seconds(*command[:-1], str(count + 1)):.2f}"]
            print(f"| {count:,} | {jobs:,} | " + " | ".join(row) + " |", flush=True)


main()
