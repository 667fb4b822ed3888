"""Does the jobs of a plan on a few machines, by GNU parallel over ssh.

In rounds: all jobs whose needs are done, until nothing more can be done. The machines must see the
plan's folder under the same path. Stopped or killed, the same command goes on. What ran where and
how long is in logs/parallel-N.log of the plan's folder (GNU parallel's --joblog), one file a round.
"""

import argparse
import csv
import os
import shlex
import signal
import subprocess
import sys
import time

from plans import BUILT, fail, read_plan, status, usable, worker_to_take_over

AGAIN = 75


def last_codes(path, work):
    """How each job's last try ended."""
    codes = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                # A killed one has code 0 and a signal.
                codes[work[int(row["Seq"]) - 1]] = (
                    int(row["Exitval"]) or (128 + int(row["Signal"]) if int(row["Signal"]) else 0))
    return codes


def run(command, lines):
    """The code that GNU parallel ends with. Stopped, it stops its workers, and is waited for."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
    except FileNotFoundError:
        fail(66, "GNU parallel is not on the PATH; on Debian: apt-get install parallel")
    told = []

    def stop(number, _):
        told.append(number)
        # The first asks it to wait for what it has begun, the second to end that.
        process.terminate()
        time.sleep(0.5)
        process.terminate()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        process.stdin.write(lines)
        process.stdin.close()
    except BrokenPipeError:
        pass
    code = process.wait()
    for number, action in before.items():
        signal.signal(number, action)
    if told:
        sys.exit(128 + told[0])
    return code


def main():
    parser = argparse.ArgumentParser(
        prog="Tools/cluster/parallel", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s PLAN [OPTION...] [-- OPTION OF GNU PARALLEL...]")
    parser.add_argument("plan", metavar="PLAN", help="as 'tickets compare … --plan PLAN' writes it")
    parser.add_argument("--sshloginfile", metavar="FILE",
                        help="machines, one a line; ':' is this one (default: only this one)")
    parser.add_argument("--jobs", metavar="N", default="1",
                        help="jobs at a time on each machine (default: 1; 100%%: one a core)")
    parser.add_argument("--tool", default=BUILT, help="the tool on this machine")
    parser.add_argument("--remote-tool", metavar="PATH",
                        help="the tool on the machines, where it is elsewhere")
    parser.add_argument("--again", type=int, default=20, metavar="N",
                        help="rounds for jobs that ask to be run again (default: 20)")
    parser.add_argument("--dead-host", action="append", default=[], metavar="HOST",
                        help="take over what was in work on HOST, which you know to be dead")
    words, extra = sys.argv[1:], []
    if "--" in words:
        words, extra = words[:words.index("--")], words[words.index("--") + 1:]
    arguments = parser.parse_args(words)
    tool = usable(arguments.tool)
    path, folder, states = read_plan(tool, arguments.plan)
    remote = arguments.remote_tool or tool
    logs = os.path.join(folder, "logs")
    os.makedirs(logs, exist_ok=True)
    machines = []
    if arguments.sshloginfile:
        machines = ["--sshloginfile", os.path.abspath(arguments.sshloginfile)]

    failed, asked, number = {}, {}, 0
    while True:
        states = status(tool, path)
        done = {state["index"] for state in states if state["state"] == "done"}
        ready = [job["index"] for job in states
                 if job["index"] not in done and job["index"] not in failed
                 and done.issuperset(job["needs"])]
        if not ready:
            break
        dead = {job["index"]: worker_to_take_over(job) for job in states
                if job["holder"] and job["holder"]["host"] in arguments.dead_host}
        number += 1
        while os.path.exists(log := os.path.join(logs, f"parallel-{number}.log")):
            number += 1
        print(f"parallel: {len(done)} of {len(states)} jobs done, {len(ready)} to do now", flush=True)
        lines = [
            shlex.join([remote, "jobs", "run", path, str(index), "--jobs", "1",
                        "--id", states[index]["id"],
                        *(["--take-over-from", dead[index]] if dead.get(index) else [])])
            for index in ready]
        command = ["parallel", "--joblog", log, "--jobs", arguments.jobs, *machines, *extra]
        ended = run(command, "\n".join(lines) + "\n")
        codes = last_codes(log, ready)
        if not codes:
            fail(69, f"GNU parallel ended with code {ended} before any job")
        for index in ready:
            code = codes.get(index, AGAIN)
            if code == AGAIN:
                asked[index] = asked.get(index, 0) + 1
            if code not in (0, AGAIN) or asked.get(index, 0) > arguments.again:
                failed[index] = code
        if AGAIN in codes.values():
            # Somebody else may be at them: not all at once again.
            time.sleep(5)

    left = len(states) - len(done)
    for index, code in sorted(failed.items()):
        print(f"parallel: job {index} ({states[index]['name']}) failed with code {code}",
              file=sys.stderr)
    if left:
        fail(failed and max(failed.values()) or AGAIN, f"{left} of {len(states)} jobs are left")
    print(f"parallel: all {len(done)} jobs are done")


main()
