"""What a Slurm cluster allows, and what its queue has of a plan."""

import json
import os
import re
import sys

from plans import ask


class Site:
    """What the cluster allows."""

    def __init__(self, partition):
        config = ask("scontrol", "show", "config")
        number = lambda name, otherwise: int(
            (re.search(rf"\b{name}\s*=\s*(\d+)", config) or [0, otherwise])[1])
        self.cluster = re.search(r"ClusterName\s*=\s*(\S+)", config)[1]
        self.array = min(number("MaxArraySize", 1001), number("max_array_tasks", 10**9))
        # Associations are there only where the site keeps accounts.
        limits = ask("sacctmgr", "-nP", "show", "assoc", f"user={os.environ.get('USER', '')}",
                     "format=MaxSubmitJobs", may_fail=True).split()
        self.submit = min((int(n) for n in limits if n.isdigit()), default=None)
        # days-hours:minutes:seconds, or infinite; of all partitions without a choice the default's
        self.minutes = None
        for line in ask("sinfo", "-h", "-o", "%P %l").splitlines():
            name, limit = line.split()
            if name in (partition, f"{partition}*") or (not partition and name.endswith("*")):
                if re.match(r"\d", limit):
                    days, clock = limit.split("-") if "-" in limit else (0, limit)
                    parts = [int(n) for n in clock.split(":")]
                    seconds = sum(n * 60**i for i, n in enumerate(reversed(parts)))
                    self.minutes = int(days) * 1440 + seconds // 60


class Queue:
    """What was submitted for this folder before, and what of it the queue still has."""

    def __init__(self, logs, cluster):
        self.path = os.path.join(logs, "slurm.jsonl")
        self.cluster = cluster
        self.arrays = {}
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as lines:
                for text in lines:
                    try:
                        line = json.loads(text)
                        if line["cluster"] == cluster:
                            self.arrays[line["array"]] = line["elements"]
                    except (ValueError, KeyError, TypeError):
                        # A full disk or a crash cut it off; what it was of is looked for by its guard.
                        print(f"{self.path}: a line is damaged and left out", file=sys.stderr)
        # Everybody's, one line an element: its array, its number there, its state and why.
        lines = [line.split(None, 3) for line in
                 ask("squeue", "-h", "-r", "-o", "%F %K %T %r").splitlines()]
        ours = [((array, int(n)), state, reason) for array, n, state, reason in lines
                if array in self.arrays and n.isdigit()]
        self.queue = {element: state for element, state, _ in ours}
        # By the ids of jobs: a plan that is made anew may count them otherwise.
        self.live = {job: (array, n) for array, n in self.queue
                     if n < len(self.arrays[array]) for job in self.arrays[array][n]}
        # After trouble with a node or the controller Slurm keeps elements back until somebody looks.
        self.held = [f"{array}_{n}" for (array, n), _, reason in ours
                     if re.search(r"requeued.*held", reason)]

    def add(self, array, elements):
        with open(self.path, "a", encoding="utf-8") as handle:
            record = {"cluster": self.cluster, "array": array, "elements": elements}
            handle.write(json.dumps(record) + "\n")

    def is_dead(self, job):
        """Whether the engine's job is one of ours that runs no more."""
        array, _, n = job.partition("_")
        if array not in self.arrays or not n.isdigit():
            return False
        return self.queue.get((array, int(n)), "PENDING") == "PENDING"
