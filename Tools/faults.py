"""Lets the N-th system call of a kind fail during a whole small run, for every N, or kills the run at
it, and checks that the same command then goes on to the same bytes.

Each try is a fresh run under strace's fault injection. It has to end with an exit code of the tool's
own (never a crash or a hang), may succeed only if its files are those of an undisturbed run, and the
same command without faults has to end with these files whatever happened before. Progress and
reports are not written, so that every call is one for the run's files.

Besides, the calls of the undisturbed run are checked against what Sources/Runs/README.md promises:
before a file is renamed into its place it is synced, afterwards its folder is, and so is the folder
of every folder that is made. And the run is tried on file systems in memory that are too small for
it, by 4 KiB from nothing to what it takes, each made larger afterwards.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# What a file system may answer, by call. A failing open is what other users' rights or too many files
# look like, a failing close what some network file systems report late.
FAULTS = {
    "write": ["EIO", "ENOSPC", "EDQUOT"],
    "pwrite64": ["EIO", "ENOSPC", "EDQUOT"],
    "fsync": ["EIO", "ENOSPC", "EDQUOT"],
    "rename": ["EIO", "ENOSPC", "EDQUOT"],
    "renameat": ["EIO"],
    "openat": ["EIO", "ENOSPC", "EDQUOT", "EMFILE"],
    "close": ["EIO", "ENOSPC"],
    "mkdir": ["EIO", "ENOSPC"],
    "ftruncate": ["EIO"],
    "unlink": ["EIO"],
    "link": ["EIO", "EPERM"],
    "flock": ["EIO"],
    "read": ["EIO"],
    "pread64": ["EIO"],
}
KILLS = ["write", "pwrite64", "fsync", "rename", "openat", "mkdir", "ftruncate", "unlink", "link"]
# The exit codes that the README documents.
DOCUMENTED = {0, 64, 65, 66, 70, 73, 74, 75, 78, 130}
# Internal errors are documented, but a fault is no reason for one.
UNWANTED = {70}


def command(tool, out):
    size = (
        "--layers 1 --hidden 4 --word-dim 4 --char-dim 2 --char-filters 2 --warmup-epochs 2 --rounds 2 "
        "--round-epochs 1 --epochs 2 --patience 0 --sharing sparse,hard --train-sentences 8 "
        "--tasks pos=1,ner=3 --density 0.5 --checkpoint-seconds 0 --jobs 1 --quiet"
    )
    return [tool, "run", "--out", out, *size.split()]


def contents(folder):
    """What must not depend on faults: every file's digest, without times and what no other run has."""
    found = {}
    for path, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(path, name)
            relative = os.path.relpath(file, folder)
            if relative in ("lock", "log.txt", "pace.json") or relative.startswith("results/"):
                continue
            with open(file, "rb") as handle:
                data = handle.read()
            if relative.startswith("metrics/"):
                lines = [json.loads(line) for line in data.splitlines()]
                for line in lines:
                    for key in list(line):
                        if key == "time" or key.endswith("seconds"):
                            del line[key]
                data = "\n".join(sorted(json.dumps(line, sort_keys=True) for line in lines)).encode()
            found[relative] = hashlib.sha256(data).hexdigest()
    return found


class Fault:
    def __init__(self, call, what, number):
        self.call, self.what, self.number = call, what, number

    @property
    def expression(self):
        action = "signal=KILL" if self.what == "KILL" else f"error={self.what}"
        return f"inject={self.call}:{action}:when={self.number}"

    def __str__(self):
        return f"{self.call} {self.number} {self.what}"


def attempt(tool, fault, expected, scratch):
    """Nothing if all is well, else what is wrong."""
    folder = tempfile.mkdtemp(dir=scratch)
    try:
        out = os.path.join(folder, "run")
        traced = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={fault.call}", "-e",
                  fault.expression, *command(tool, out)]
        try:
            done = subprocess.run(traced, capture_output=True, timeout=120)
        except subprocess.TimeoutExpired:
            return "hangs"
        code = done.returncode
        words = done.stderr.decode(errors="replace").strip()
        if code == 127 and "error while loading shared libraries" in words:
            return None  # The program has not begun.
        if code == 0 and done.stdout.startswith(b"OVERVIEW") and not os.path.exists(out):
            # Where /proc/self/maps cannot be read the Swift runtime finds no arguments: it is help
            # that was asked for, and that is what was shown.
            return None
        if fault.what == "KILL":
            if code not in (0, -9, 137):
                return f"killed, but exit {code}: {words[-300:]}"
        elif code not in DOCUMENTED or code in UNWANTED:
            return f"exit {code}: {words[-300:]}"
        elif code != 0 and not words:
            return f"exit {code} without a word"
        elif code == 0 and contents(out) != expected:
            return "exit 0, but other files"
        again = subprocess.run(command(tool, out), capture_output=True, timeout=120)
        if again.returncode != 0:
            words = again.stderr.decode(errors="replace").strip()
            return f"goes not on: exit {again.returncode}: {words[-300:]}"
        found = contents(out)
        if found != expected:
            names = sorted(
                name for name in {*found, *expected} if found.get(name) != expected.get(name))
            return f"goes on to other files: {', '.join(names)}"
        return None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_guard(path):
    """Whether `path` only says who works, which nobody needs to know once the machine has gone down."""
    return os.path.basename(os.path.dirname(path)) == "guards"


def broken_promises(trace):
    """What of the order of syncs that the README of Runs promises the calls in `trace` do not keep."""
    synced, owed, broken, count = set(), {}, [], 0
    for line in trace:
        call = re.match(r"\d+ +(\w+)\((.*)\) += 0$", line.rstrip())
        if not call:
            continue
        name, rest = call.groups()
        if name == "fsync":
            path = re.search(r"<(.*?)(?:\(deleted\))?>", rest).group(1)
            synced.add(path)
            owed.pop(path, None)
            count += 1
        elif name in ("rename", "link"):
            old, new = (os.path.abspath(path) for path in re.findall(r'"(.*?)"', rest))
            if is_guard(new):
                continue
            if old not in synced:
                broken.append(f"{new}: is put in place before it is synced")
            synced.add(new)
            owed[os.path.dirname(new)] = new
        elif name == "mkdir":
            new = os.path.abspath(re.search(r'"(.*?)"', rest).group(1))
            owed[os.path.dirname(new)] = new
        elif name == "unlink":
            # Nothing may be removed before what takes its place is sure to stay; a temporary name of
            # what is linked into its place is nobody's place.
            removed = re.search(r'"(.*?)"', rest).group(1)
            if is_guard(removed) or removed.endswith(".tmp"):
                continue
            broken += [f"{removed}: is removed before {new} is synced" for new in owed.values()]
    broken += [f"{new}: its folder is not synced" for new in owed.values()]
    return broken, count


ON_SMALL = """
mount -t tmpfs -o size="$1k" none "$2" || exit 99
shift
place=$1
shift
"$@" 2>"$place.words"
echo $? >"$place.code"
mount -o remount,size=64m "$place" || exit 99
"$@" || exit 98
cp -r "$place/run" "$place.run"
"""


def attempt_small(tool, kilobytes, expected, scratch):
    """As `attempt`, on a file system of so many KiB; None and whether it was too small."""
    place = tempfile.mkdtemp(dir=scratch)
    privileges = [] if os.geteuid() == 0 else ["--map-root-user"]
    done = subprocess.run(
        ["unshare", "--mount", *privileges, "sh", "-c", ON_SMALL, "sh", str(kilobytes), place,
         *command(tool, os.path.join(place, "run"))], capture_output=True, timeout=120)
    words = done.stderr.decode(errors="replace").strip()[-300:]
    if done.returncode == 99 or not os.path.exists(place + ".code"):
        return f"cannot be tried: {words}", False
    with open(place + ".code", encoding="ascii") as file:
        code = int(file.read())
    with open(place + ".words", encoding="utf-8", errors="replace") as file:
        first = file.read().strip()[-300:]
    if code not in (0, 73, 74) or (code != 0 and not first):
        return f"exit {code}: {first}", False
    if done.returncode != 0:
        return f"goes not on: exit {done.returncode}: {words}", False
    found = contents(place + ".run")
    shutil.rmtree(place + ".run")
    return (None if found == expected else "goes on to other files"), code != 0


def try_small(arguments, most, expected, scratch):
    """How many file systems of up to `most` KiB went wrong."""
    sizes = range(4, most + 64, 4 * arguments.every)
    full = wrong = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        tries = pool.map(
            lambda kilobytes: attempt_small(arguments.tool, kilobytes, expected, scratch), sizes)
        for kilobytes, (problem, was_full) in zip(sizes, tries):
            full += was_full
            if problem:
                wrong += 1
                print(f"faults: {kilobytes} KiB: {problem}", flush=True)
    print(f"faults: {len(sizes)} file systems of up to {most + 60} KiB, {full} of them too small, "
          f"{wrong} went wrong", flush=True)
    return wrong


def size(folder):
    """The KiB that the files and folders in `folder` take, in pages."""
    return sum(
        4 * (1 + -(-os.path.getsize(os.path.join(path, name)) // 4096))
        for path, folders, names in os.walk(folder) for name in names + folders)


def main():
    parser = argparse.ArgumentParser(
        prog="Tools/faults", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tool", default=os.path.join(ROOT, ".build/release/tickets"))
    parser.add_argument(
        "--every", type=int, default=1, metavar="K", help="only every K-th call (default: all)")
    parser.add_argument("--call", action="append", choices=sorted(FAULTS), help="only this call")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="tries side by side (default: cores)")
    arguments = parser.parse_args()
    if not os.access(arguments.tool, os.X_OK):
        sys.exit(f"faults: {arguments.tool} is not there; build it with 'swift build -c release'")
    if arguments.every < 1:
        sys.exit("faults: --every must be at least 1")
    calls = arguments.call or list(FAULTS)

    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as scratch:
        # What an undisturbed run comes to, and how often it calls.
        reference = os.path.join(scratch, "reference")
        trace = os.path.join(scratch, "trace")
        done = subprocess.run(
            ["strace", "-f", "-y", "-qq", "-s", "4096", "-o", trace, "-e", "trace=" + ",".join(calls),
             *command(arguments.tool, reference)], capture_output=True)
        if done.returncode != 0:
            sys.exit("faults: strace cannot be used here: "
                     + done.stderr.decode(errors="replace").strip()[-300:])
        expected = contents(reference)
        # strace counts the calls of every thread by itself.
        counts = {}
        with open(trace, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                match = re.match(r"(\d+) +(\w+)\(", line)
                if match:
                    key = match.group(2), match.group(1)
                    counts[key] = counts.get(key, 0) + 1
        most = {call: max([n for (c, _), n in counts.items() if c == call], default=0)
                for call in calls}
        faults = [
            Fault(call, what, number)
            for call in calls
            for what in FAULTS[call] + (["KILL"] if call in KILLS else [])
            for number in range(1, most[call] + 1, arguments.every)]
        print(f"faults: {len(faults)} tries; calls of the run: "
              + ", ".join(f"{call} {n}" for call, n in most.items() if n), flush=True)
        start, wrong, tried = time.time(), 0, {}
        if not arguments.call:
            with open(trace, encoding="utf-8", errors="replace") as lines:
                broken, synced = broken_promises(lines)
            wrong += len(broken)
            for line in broken:
                print(f"faults: {line}", flush=True)
            print(f"faults: {synced} syncs, {len(broken)} of them too late or missing", flush=True)
            wrong += try_small(arguments, size(reference), expected, scratch)
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            tries = pool.map(
                lambda fault: (fault, attempt(arguments.tool, fault, expected, scratch)), faults)
            for index, (fault, problem) in enumerate(tries, 1):
                tried[fault.call] = tried.get(fault.call, 0) + 1
                if problem:
                    wrong += 1
                    print(f"faults: {fault}: {problem}", flush=True)
                if index % 200 == 0:
                    print(f"faults: {index} of {len(faults)}, {time.time() - start:.0f} s", flush=True)
        print(f"faults: {len(faults)} tries ("
              + ", ".join(f"{call} {n}" for call, n in tried.items()) + f"), {wrong} went wrong")
    sys.exit(1 if wrong else 0)


main()
