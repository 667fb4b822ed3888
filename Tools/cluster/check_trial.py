"""A folder in which Tools/cluster/check tries something, and what it compares."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time

from plans import status

HERE = os.path.dirname(os.path.abspath(__file__))
# About a second a job, so that faults find it at work.
COMPARISON = (
    "--layers 1 --hidden 16 --word-dim 16 --char-dim 8 --char-filters 8 --optimizer adam --lr 0.01 "
    "--train-sentences 400 --warmup-epochs 30 --rounds 2 --round-epochs 20 --epochs 30 --patience 0 "
    "--density 0.3 --checkpoint-seconds 0 --sharing sparse,hard --seeds 3 --vary hidden=12;16 --quiet"
).split()
# Times, and what depends on who did what where.
APART = {"lock", "pace.json", "plan.json", "logs", "metrics", "guards", "results"}
# A try that takes longer hangs.
PATIENCE = 400


def contents(folder):
    """The digest of every file that must not depend on who computed it."""
    found = {}
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in APART]
        for name in names:
            file = os.path.join(path, name)
            if name in APART or name.startswith(("log.", "metrics.")):
                continue
            with open(file, "rb") as handle:
                found[os.path.relpath(file, folder)] = hashlib.sha256(handle.read()).hexdigest()
    return found


def scores(tool, folder):
    """What a finished comparison comes to, and the epochs of its runs in any order; no times."""
    done = subprocess.run([tool, "compare", "--out", folder, *COMPARISON, "--json", "--jobs", "1"],
                          capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode != 0:
        raise AssertionError(f"the table fails: {done.stderr.strip()[-500:]}")
    epochs = []
    for path, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(path, name)
            if name.endswith(".jsonl") and "/metrics/" in file:
                with open(file, encoding="utf-8") as lines:
                    epochs += [
                        (os.path.relpath(file, folder), sorted(
                            (key, value) for key, value in json.loads(line).items()
                            if key != "time" and "seconds" not in key)) for line in lines]
    return json.loads(done.stdout)["results"], sorted(epochs, key=str)


class Trial:
    """One folder, what works on it, and the cluster."""

    def __init__(self, tool, scratch, cluster):
        self.real, self.cluster = tool, cluster
        self.folder = tempfile.mkdtemp(dir=scratch)
        # The nodes run this; a fault may put something else in its place.
        self.tool = os.path.join(self.folder, "tickets")
        self.wrap('exec "$real" "$@"')
        self.out = os.path.join(self.folder, "out")
        self.plan = os.path.join(self.folder, "plan.json")
        self.submissions = 0

    def wrap(self, text):
        """What runs instead of the tool, as bash. Not written in place, as bash reads as it runs."""
        with open(self.tool + ".new", "w", encoding="utf-8") as handle:
            handle.write(f"#!/usr/bin/env bash\nreal='{self.real}' here='{self.folder}'\n{text}\n")
        os.chmod(self.tool + ".new", 0o755)
        os.rename(self.tool + ".new", self.tool)

    def do(self, *command, codes=(0,)):
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode not in codes:
            raise AssertionError(f"{' '.join(command[:2])}: exit {done.returncode}: "
                                 + (done.stderr or done.stdout).strip()[-500:])
        return done.stdout

    def make_plan(self):
        self.do(self.real, "compare", "--out", self.out, *COMPARISON, "--plan", self.plan)

    def daemon(self, action, *names):
        self.do(os.path.join(HERE, "local_slurm"), action, self.cluster, *names)

    def submit(self, *options):
        if self.submissions == 8:
            raise AssertionError(f"{len(self.left())} jobs are left after 8 submissions")
        self.submissions += 1
        return self.do(os.path.join(HERE, "slurm"), self.plan, "--tool", self.tool,
                       *([] if "--at-most" in options else ["--at-most", "4"]), *options)

    def queue(self, what="%i", *options):
        return self.do("squeue", "-h", "-r", "-o", what, *options).split("\n")[:-1]

    def left(self):
        return [state for state in status(self.real, self.plan) if state["state"] != "done"]

    def workers(self):
        """The processes of the tool that are at a job of this plan."""
        found = []
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{process}/cmdline", "rb") as handle:
                    words = handle.read().decode(errors="replace").split("\0")
            except OSError:
                continue
            if self.plan in words and "run" in words and self.real in words[:2]:
                found.append(int(process))
        return found

    def wait(self, until, what):
        start = time.time()
        while not until():
            if time.time() - start > PATIENCE:
                raise AssertionError(f"waited {PATIENCE} s for {what}; queue: "
                                     + ", ".join(sorted(set(self.queue("%T %r")))))
            time.sleep(0.5)

    def finish(self):
        """Waits for the queue, as a person would: looks after it and submits again what is left."""
        while True:
            self.wait(self.quiet, "the queue to become empty")
            if not self.left():
                return
            self.submit("--resubmit", "--take-over-dead")

    def quiet(self):
        """Whether nothing happens without help: all is done, or Slurm keeps back what is left."""
        # A node that says twice that it has a job already is drained, as after a loss of state.
        for line in self.do("sinfo", "-h", "-N", "-o", "%N %T").splitlines():
            if "drain" in line:
                self.do("scontrol", "update", f"nodename={line.split()[0]}", "state=resume")
        reasons = self.queue("%r")
        return all(reason.startswith("Dependency") or "held" in reason for reason in reasons) and (
            not reasons or any("held" in reason for reason in reasons))

    def clear(self):
        subprocess.run(["scancel", "--user=root"], check=True)
        self.wait(lambda: not self.queue(), "the queue to become empty")
        shutil.rmtree(self.folder, ignore_errors=True)
