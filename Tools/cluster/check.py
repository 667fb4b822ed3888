"""Does a comparison of 12 cells by Slurm, by GNU parallel and by 'compare --jobs 2', and then by Slurm
with faults, and checks that all of them come to the same bytes.

Slurm is started for this on this machine (Tools/cluster/local_slurm), with two nodes. Each try is a
fresh folder; a fault is repaired as an administrator would, and what failed is submitted again with
'slurm --resubmit --take-over-dead'. Faults:

"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import check_faults
from check_trial import COMPARISON, Trial, contents, scores
from plans import BUILT, fail, usable

HERE = os.path.dirname(os.path.abspath(__file__))


def by_slurm(trial):
    trial.make_plan()
    trial.submit()
    trial.finish()
    return 1


def by_parallel(trial):
    """On the two nodes as machines; what enters them stands for ssh."""
    trial.make_plan()
    machines = os.path.join(trial.folder, "machines")
    with open(machines, "w", encoding="utf-8") as handle:
        for name in "n1", "n2":
            handle.write(f"1/{HERE}/local_slurm enter {trial.cluster} {name}\n")
    trial.do(os.path.join(HERE, "parallel"), trial.plan, "--tool", trial.tool,
             "--sshloginfile", machines)
    return 2


def main():
    tries = {"no fault": by_slurm, "GNU parallel": by_parallel, **check_faults.FAULTS}
    parser = argparse.ArgumentParser(
        prog="Tools/cluster/check",
        description=__doc__ + "\n".join(
            f"  {name:<12} {function.__doc__}" for name, function in check_faults.FAULTS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", default=BUILT)
    parser.add_argument("--times", type=int, default=1, metavar="N", help="tries of each (default: 1)")
    parser.add_argument("--only", action="append", choices=sorted(tries), help="repeatable")
    parser.add_argument("--keep", action="store_true", help="leave the folder of what went wrong")
    arguments = parser.parse_args()
    tool = usable(arguments.tool)
    scratch = tempfile.mkdtemp(prefix="tickets-cluster-")
    cluster = os.path.join(scratch, "slurm")
    os.environ["SLURM_CONF"] = os.path.join(cluster, "slurm.conf")
    wrong = 0
    # So that what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        reference = os.path.join(scratch, "reference")
        done = subprocess.run([tool, "compare", "--out", reference, *COMPARISON, "--jobs", "2"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            fail(done.returncode, f"the comparison itself fails: {done.stderr.strip()[-500:]}")
        expected, expected_scores = contents(reference), scores(tool, reference)
        print(f"check: {len(expected)} files come from compare --jobs 2", flush=True)
        # Many jobs at a time, for those that only wait.
        started = subprocess.run(
            [os.path.join(HERE, "local_slurm"), "start", cluster], stdout=subprocess.DEVNULL,
            env={**os.environ, "LOCAL_SLURM_CPUS": "16"})
        if started.returncode != 0:
            fail(77, "Slurm cannot be started here, so nothing was tried")
        for name in arguments.only or tries:
            hit, good, start = 0, 0, time.time()
            for _ in range(arguments.times):
                trial = Trial(tool, scratch, cluster)
                try:
                    hit += tries[name](trial)
                    found = contents(trial.out)
                    other = sorted(file for file in {*found, *expected}
                                   if found.get(file) != expected.get(file))
                    if other:
                        raise AssertionError(
                            f"{len(other)} files differ: {', '.join(other[:5])}")
                    if scores(tool, trial.out) != expected_scores:
                        raise AssertionError("scores or epochs differ")
                    good += 1
                except AssertionError as problem:
                    wrong += 1
                    print(f"check: {name}: {problem}", flush=True)
                    if arguments.keep:
                        shutil.copytree(trial.folder, os.path.join(
                            tempfile.mkdtemp(prefix="tickets-kept-"), "try"))
                finally:
                    trial.daemon("start")
                    trial.clear()
            print(f"check: {name}: tried {arguments.times} times, hit {hit} jobs or daemons, same"
                  f" bytes {good} times, {time.time() - start:.0f} s", flush=True)
    finally:
        subprocess.run([os.path.join(HERE, "local_slurm"), "stop", cluster])
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(1 if wrong else 0)


main()
