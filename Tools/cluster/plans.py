"""What the cluster scripts share: plans, the tool, messages."""

import json
import os
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


def read_plan(path):
    """Its absolute path and what it holds."""
    try:
        with open(path, encoding="utf-8") as handle:
            plan = json.load(handle)
    except (OSError, ValueError) as error:
        fail(66, f"{path}: {error}")
    if plan.get("format") != 1:
        fail(65, f"{path}: not a plan of format 1")
    return os.path.abspath(path), plan


def usable(tool):
    """Its absolute path."""
    tool = os.path.abspath(tool)
    if not os.access(tool, os.X_OK):
        fail(66, f"{tool} is not there; build it with 'swift build -c release' or name it with --tool")
    return tool


def status(tool, plan):
    """The state of every job, by index."""
    return json.loads(ask(tool, "jobs", "status", plan, "--json"))["jobs"]
