"""Submits the jobs of a plan that are not done yet to Slurm, as one or more job arrays a level.

An element of an array does one job of the plan (or several, --chunk), checkpoints shortly before its
time limit and requeues itself until it is done. Arrays wait for those that hold what they need
(afterok); when an element fails for good, what waits for it is cancelled, and after a look at its log
--resubmit submits what is left. Logs and a record of what was submitted are in logs/ of the plan's
folder, which all nodes must see under the same path.
"""

import argparse
import math
import os
import re
import shlex
import subprocess
import sys

from plans import BUILT, ask, fail, read_plan, shown, usable, worker_to_take_over
from slurm_queue import Queue, Site

HERE = os.path.dirname(os.path.abspath(__file__))
# Minutes: Slurm looks at time limits every half a minute and may signal a minute early.
LEAST_TIME = 10
# Seconds between the signal to checkpoint and the limit.
LEAD = 120


def chunks(jobs, wanted, site, count):
    """The jobs of a level as elements of arrays."""
    size = 1
    if wanted == "auto":
        # Ten minutes' work, but at least 32 elements; and few enough that the site takes them.
        longest = max(job.get("seconds") or 600 for job in jobs)
        size = max(1, min(int(600 // max(longest, 1)), len(jobs) // 32),
                   math.ceil(count / (site.submit or count)))
    else:
        size = int(wanted)
    return [jobs[i:i + size] for i in range(0, len(jobs), size)]


def options(elements, arguments, site):
    """Time and memory for the most demanding element."""
    chosen = []
    seconds = [[job.get("seconds") for job in element] for element in elements]
    if all(all(element) for element in seconds):
        longest = max(map(sum, seconds)) * arguments.time_factor
        minutes = max(LEAST_TIME, math.ceil((longest + LEAD) / 60))
        # Longer ones go on after a requeue.
        chosen.append(f"--time={min(minutes, site.minutes or minutes)}")
    memory = [job["memory"] for element in elements for job in element]
    if all(memory):
        chosen.append(f"--mem={math.ceil(max(memory) * arguments.memory_factor / 2**20)}M")
    return chosen


def batch(tool, plan, elements, dead, most):
    """The script of an array: a job is its index, its id, and its worker if that is known to be dead."""
    work = " ".join(
        shlex.quote(" ".join(
            f"{job['index']}:{job['id']}:{dead.get(job['index'], '')}" for job in element))
        for element in elements)
    with open(os.path.join(HERE, "batch.sh"), encoding="utf-8") as handle:
        body = handle.read()
    return (f"#!/usr/bin/env bash\ntool={shlex.quote(tool)}\nplan={shlex.quote(plan)}\n"
            f"work=({work})\nmost={int(most)}\n\n{body}")


def main():
    parser = argparse.ArgumentParser(
        prog="Tools/cluster/slurm", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s PLAN [OPTION...] [-- SBATCH OPTION...]")
    parser.add_argument("plan", metavar="PLAN", help="as 'tickets compare … --plan PLAN' writes it")
    parser.add_argument("--partition", metavar="P")
    parser.add_argument("--account", metavar="A")
    parser.add_argument("--at-most", type=int, metavar="N", help="jobs of a level at a time")
    parser.add_argument("--array-limit", type=int, metavar="N",
                        help="elements an array (default: what the site allows)")
    parser.add_argument("--time-factor", type=float, default=2, metavar="X",
                        help="time asked for / the plan's estimate (default: 2)")
    parser.add_argument("--memory-factor", type=float, default=1.5, metavar="X",
                        help="the same for memory (default: 1.5)")
    parser.add_argument("--chunk", metavar="N|auto", default="1",
                        help="jobs an element, one after the other; auto: ten minutes' worth")
    parser.add_argument("--requeues", type=int, default=100, metavar="N",
                        help="how often an element may start again (default: 100)")
    parser.add_argument("--resubmit", action="store_true",
                        help="submit what is left and not in the queue, release what is held")
    parser.add_argument("--take-over-dead", action="store_true",
                        help="take over the guards of workers that the queue knows to be dead")
    parser.add_argument("--tool", default=BUILT, help="the tool, as the nodes see it")
    parser.add_argument("--dry-run", action="store_true", help="print what would be submitted")
    words, extra = sys.argv[1:], []
    if "--" in words:
        words, extra = words[:words.index("--")], words[words.index("--") + 1:]
    arguments = parser.parse_args(words)
    if not re.fullmatch(r"auto|[1-9]\d*", arguments.chunk):
        fail(64, "--chunk must be a number from 1, or auto")
    tool = usable(arguments.tool)
    plan_path, folder, states = read_plan(tool, arguments.plan)

    site = Site(arguments.partition)
    logs = os.path.join(folder, "logs")
    queue = Queue(logs, site.cluster)
    if queue.live and not arguments.resubmit:
        fail(75, f"{len(queue.live)} jobs of this plan are in the queue already;"
             " --resubmit submits the others")
    for element in queue.held if not arguments.dry_run else []:
        print(f"slurm: Slurm kept {element} back after a fault; releasing it", file=sys.stderr)
        ask("scontrol", "release", element)
    left = [job for job in states if job["state"] != "done" and job["id"] not in queue.live]
    dead = {job["index"]: worker_to_take_over(job) or "" for job in left if job["holder"]
            and arguments.take_over_dead and queue.is_dead(job["holder"]["job"] or "")}
    for job in left:
        holder = job["holder"]
        if holder and not dead.get(job["index"]):
            print(shown(f"slurm: job {job['index']} ({job['name']}) is held by process"
                        f" {holder['process']} on {holder['host']}, job {holder['job'] or 'unknown'}"),
                  file=sys.stderr)
    if not left:
        print(f"slurm: nothing to submit; {len(queue.live)} jobs are in the queue")
        return

    most = min(site.array, arguments.array_limit or site.array)
    if most < 1:
        fail(69, "this cluster allows no job arrays")
    count = elements_submitted = arrays_submitted = 0
    # Where each job is: an array as a whole, or one element of an earlier submission.
    where = {job["index"]: "{}_{}".format(*queue.live[job["id"]])
             for job in states if job["id"] in queue.live}
    for level in sorted({job["level"] for job in left}):
        jobs = [job for job in left if job["level"] == level]
        elements = chunks(jobs, arguments.chunk, site, len(left))
        parts = [elements[i:i + most] for i in range(0, len(elements), most)]
        folder = os.path.join(logs, f"level-{level}")
        for part in parts:
            needs = {where[need] for element in part for job in element
                     for need in job["needs"] if need in where}
            command = [
                "sbatch", "--parsable", f"--job-name=tickets-{level}", "--requeue",
                "--open-mode=append", f"--signal=B:USR1@{LEAD}", "--kill-on-invalid-dep=yes",
                # In names Slurm reads % itself.
                f"--output={folder.replace('%', '%%')}/%A_%a.log",
                f"--array=0-{len(part) - 1}" + (
                    f"%{max(1, arguments.at_most // len(parts))}" if arguments.at_most else ""),
                *options(part, arguments, site)]
            if needs:
                command.append("--dependency=afterok:" + ":".join(sorted(needs)))
            for name in ("partition", "account"):
                if getattr(arguments, name):
                    command.append(f"--{name}={getattr(arguments, name)}")
            command += extra
            script = batch(tool, plan_path, part, dead, arguments.requeues)
            if arguments.dry_run:
                arrays_submitted += 1
                array = f"ARRAY{arrays_submitted}"
                print(" ".join(command))
            else:
                os.makedirs(folder, exist_ok=True)
                done = subprocess.run(command, input=script, capture_output=True, text=True)
                if done.returncode != 0:
                    print(f"slurm: submitted {count} of {len(left)} jobs; --resubmit submits the"
                          " rest, when the queue has room for them", file=sys.stderr)
                    fail(69, f"sbatch: {done.stderr.strip()}")
                # With several clusters its name follows.
                array = done.stdout.strip().split(";")[0]
                queue.add(array, [[job["id"] for job in element] for element in part])
                arrays_submitted += 1
            count += sum(map(len, part))
            elements_submitted += len(part)
            where.update((job["index"], array) for element in part for job in element)
    print(f"slurm: {'would submit' if arguments.dry_run else 'submitted'} {count} jobs as"
          f" {arrays_submitted} arrays with {elements_submitted} elements; logs in {logs}")


main()
