"""Runs the tool on its built-in corpus with 200 rounds of pruning and thousands of epochs, and watches
that nothing it holds grows: resident memory, open files, threads, and files in the run's folder
beside what a round keeps.

A process may take some memory while it begins; what counts is the largest of the last quarter of the
time against that of the second. Exits with 1 if memory grew by more than 5 % (and 4 MiB), or
anything else by one.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def sample(process):
    """Resident bytes, descriptors and threads of the process."""
    base = f"/proc/{process}"
    with open(f"{base}/status", encoding="ascii") as lines:
        status = dict(line.split(":", 1) for line in lines)
    return {
        "memory": int(status["VmRSS"].split()[0]) * 1024,
        "descriptors": len(os.listdir(f"{base}/fd")),
        "threads": int(status["Threads"]),
    }


def files(folder):
    """How many files are in the run that are not a round's ticket."""
    return sum(
        not name.startswith("round-") for _, _, names in os.walk(folder) for name in names)


def main():
    parser = argparse.ArgumentParser(
        prog="Tools/long_run", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tool", default=os.path.join(ROOT, ".build/release/tickets"))
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument(
        "--round-epochs", type=int, default=100, help="epochs a round (default: 100)")
    parser.add_argument("--seconds", type=float, default=5, help="between samples (default: 5)")
    parser.add_argument("--keep", metavar="DIR", help="keep the run here (default: it is removed)")
    arguments = parser.parse_args()
    folder = arguments.keep or tempfile.mkdtemp()
    out = os.path.join(folder, "run")
    epochs = 20 * arguments.round_epochs
    run = subprocess.Popen(
        [arguments.tool, "run", "--out", out, "--layers", "1", "--hidden", "10", "--word-dim", "10",
         "--char-dim", "4", "--char-filters", "4", "--train-sentences", "100", "--tasks", "pos=1,ner=3",
         "--warmup-epochs", "20", "--rounds", str(arguments.rounds), "--round-epochs",
         str(arguments.round_epochs), "--epochs", str(epochs), "--patience", "0", "--jobs", "1",
         "--sharing", "sparse,hard", "--quiet"],
        stdout=subprocess.DEVNULL)
    samples, start, told = [], time.time(), 0
    try:
        while run.poll() is None:
            time.sleep(arguments.seconds)
            try:
                now = sample(run.pid)
            except (FileNotFoundError, KeyError, ProcessLookupError):
                break
            now["files"] = files(out)
            samples.append(now)
            if time.time() - told >= 60:
                told = time.time()
                print(f"long_run: {told - start:.0f} s: " + words(now), flush=True)
        if run.wait() != 0:
            sys.exit(f"long_run: the run ended with {run.returncode}")
        count = 0
        for path, _, names in os.walk(os.path.join(out, "metrics")):
            for name in names:
                with open(os.path.join(path, name), encoding="utf-8") as lines:
                    count += sum(1 for _ in lines)
        grown = judge(samples)
        print(f"long_run: {count} epochs, {time.time() - start:.0f} s, {len(samples)} samples")
        sys.exit(1 if grown else 0)
    finally:
        run.kill()
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)


def words(values):
    return (f"{values['memory'] / 2**20:.1f} MiB, {values['descriptors']} descriptors, "
            f"{values['threads']} threads, {values['files']} files")


def judge(samples):
    """Whether anything grew; prints the largest of each quarter."""
    if len(samples) < 8:
        sys.exit("long_run: too few samples to judge; take more rounds or fewer --seconds")
    quarters = [
        samples[len(samples) * n // 4:len(samples) * (n + 1) // 4] for n in range(4)]
    most = [{key: max(s[key] for s in quarter) for key in quarter[0]} for quarter in quarters]
    for number, values in enumerate(most, 1):
        print(f"long_run: quarter {number}: at most {words(values)}")
    second, last = most[1], most[3]
    grown = [key for key in ("descriptors", "threads") if last[key] > second[key]]
    if last["memory"] > max(second["memory"] * 1.05, second["memory"] + 2**22):
        grown.append("memory")
    if grown:
        print(f"long_run: grew: {', '.join(grown)}")
    return grown


main()
