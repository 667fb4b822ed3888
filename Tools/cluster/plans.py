"""What the cluster scripts share: plans, the tool, messages."""

import json
import os
import re
import shutil
import subprocess
import sys

NAME = os.path.basename(sys.argv[0]).removesuffix(".py")
_built = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.build/release/tickets"))
BUILT = _built if os.path.exists(_built) else shutil.which("tickets") or _built


def fail(code, text):
    print(f"{NAME}: {text}", file=sys.stderr)
    sys.exit(code)


def ask(*command, may_fail=False):
    """What a command prints."""
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        if may_fail:
            return ""
        fail(66, f"{command[0]} is not on the PATH")
    if done.returncode != 0 and not may_fail:
        fail(69, f"{' '.join(command[:3])}: {done.stderr.strip()}")
    return done.stdout if done.returncode == 0 else ""


def read_plan(tool, path):
    """Its absolute path, its folder, and its jobs with their states, as the tool has read and checked them:
    what is in a plan may be a stranger's, and goes into scripts."""
    path = os.path.abspath(path)
    if path != shown(path):
        fail(65, f"{shown(path)}: has characters in its name that scripts cannot bear")
    plan = json.loads(ask(tool, "jobs", "status", path, "--json"))
    for job in plan["jobs"]:
        if not re.fullmatch(r"[0-9a-f]{16}", job["id"]):
            fail(65, f"{path}: job {job['index']} has no id")
    return path, plan["folder"], plan["jobs"]


def shown(text):
    """`text` without what would move a terminal's cursor or more."""
    return "".join(c if c.isprintable() else "?" for c in text)


def worker_to_take_over(job):
    """What --take-over-from knows the worker of a job by; none if its name could be anything."""
    worker = job["worker"] or ""
    return worker if re.fullmatch(r"[\w.-]+:\d+:\d+", worker) else None


def usable(tool):
    """Its absolute path."""
    tool = os.path.abspath(tool)
    if not os.access(tool, os.X_OK):
        fail(66, f"{tool} is not there; build it with 'swift build -c release' or name it with --tool")
    return tool


def status(tool, plan):
    """The state of every job, by index."""
    return read_plan(tool, plan)[2]
