"""What Tools/cluster/check lets happen while Slurm works on a plan. Each function gets a trial with an
empty folder, leaves it with all jobs done and returns how often it hit."""

import os
import random
import signal
import subprocess
import time


def submit(trial):
    trial.make_plan()
    trial.submit()


def at_work(trial):
    """Waits until some worker is in the middle of something; how far is left to chance. Where Slurm
    waits for nothing any more, what is left is submitted again."""
    while not trial.workers():
        if trial.quiet() and trial.left():
            trial.submit("--resubmit", "--take-over-dead")
        trial.wait(lambda: trial.workers() or trial.quiet(), "a worker")
        if not trial.left():
            return
    time.sleep(random.uniform(0, 3))


def worker(trial):
    """kill -9 of three workers, one after the other"""
    submit(trial)
    hit = 0
    for _ in range(3):
        at_work(trial)
        for process in random.sample(trial.workers(), min(1, len(trial.workers()))):
            try:
                os.kill(process, signal.SIGKILL)
                hit += 1
            except ProcessLookupError:
                pass
    trial.finish()
    return hit


def killed_daemon(name, seconds):
    def happen(trial):
        submit(trial)
        at_work(trial)
        trial.daemon("kill", name)
        time.sleep(seconds)
        trial.daemon("start", name.split("/")[0])
        trial.finish()
        return 1
    happen.__doc__ = f"kill -9 of {name.replace('n1/', '')}, started again after {seconds} s"
    return happen


def node(trial):
    """a node vanishes with all its jobs, and comes back when Slurm has given it up"""
    submit(trial)
    at_work(trial)
    trial.daemon("kill", "n1")
    trial.wait(lambda: "down" in trial.do("sinfo", "-h", "-n", "n1", "-o", "%T"), "the node to be down")
    trial.daemon("start", "n1")
    trial.finish()
    return 1


def limit(trial):
    """a time limit that every job comes to in its middle once"""
    # In its first life each job stops in the middle and does nothing until the limit's signal comes.
    trial.wrap('''
      [ "$2" = run ] && [ "${SLURM_RESTART_COUNT:-0}" = 0 ] || exec "$real" "$@"
      "$real" "$@" &
      child=$!
      trap 'kill -USR1 $child; kill -CONT $child' USR1 TERM
      sleep 0.4
      kill -STOP $child && mkdir "$here/hit-$SLURM_JOB_ID"
      wait $child; code=$?
      while kill -0 $child; do wait $child; code=$?; done
      exit $code''')
    trial.make_plan()
    # Slurm's limits are in minutes and looked at every half a minute.
    trial.submit("--at-most", "32", "--", "--time=1", "--signal=B:USR1@57")
    trial.finish()
    return len([name for name in os.listdir(trial.folder) if name.startswith("hit-")])


def last(trial):
    """the last element of every array starts again, and no other one does"""
    trial.wrap('''
      [ "$2" = run ] || exec "$real" "$@"
      mkdir "$here/start-$SLURM_ARRAY_JOB_ID-$SLURM_ARRAY_TASK_ID-${SLURM_RESTART_COUNT:-0}"
      # After those that began with it, and while they work.
      [ "$SLURM_ARRAY_TASK_ID" != "$SLURM_ARRAY_TASK_MAX" ] || [ "${SLURM_RESTART_COUNT:-0}" != 0 ] ||
        { sleep 0.3; exit 75; }
      sleep 1
      exec "$real" "$@"''')
    trial.make_plan()
    trial.submit("--at-most", "32")
    trial.finish()
    starts = [name.split("-")[1:] for name in os.listdir(trial.folder) if name.startswith("start-")]
    again = [(array, int(n)) for array, n, count in starts if count != "0"]
    for array, n in again:
        if n != max(int(other) for whole, other, _ in starts if whole == array):
            raise AssertionError(f"element {n} of array {array} was started again too")
    return len(again)


def two(trial):
    """GNU parallel works on the same plan at the same time"""
    submit(trial)
    here = os.path.dirname(os.path.abspath(__file__))
    trial.do(os.path.join(here, "parallel"), trial.plan, "--tool", trial.tool, "--jobs", "2",
             codes=range(256))
    trial.finish()
    return 1


def disk(trial):
    """the disk is full for all that one node writes, until it is submitted again"""
    full = os.path.join(trial.folder, "full")
    os.mkdir(full)
    trial.wrap('''
      [ "$(hostname)" = n2 ] && [ -d "$here/full" ] || exec "$real" "$@"
      mkdir -p "$here/full/$SLURM_JOB_ID"
      after=$((RANDOM % 40 + 1))
      exec strace -f -qq -o /dev/null -e trace=write,pwrite64,fsync \\
        -e inject=write,pwrite64,fsync:error=ENOSPC:when=$after+ "$real" "$@"''')
    submit(trial)
    trial.wait(lambda: not trial.queue(), "the queue to become empty")
    hit = len(os.listdir(full))
    os.rename(full, full + ".was")
    trial.finish()
    return hit


def clocks(trial):
    """the clocks of the nodes are an hour apart"""
    trial.wrap('''
      [ "$(hostname)" = n2 ] || exec "$real" "$@"
      mkdir "$here/hit-$SLURM_JOB_ID"
      exec faketime -f +3600s "$real" "$@"''')
    submit(trial)
    # A worker that dies leaves files from the future.
    at_work(trial)
    for process in trial.workers():
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass
    trial.finish()
    return len([name for name in os.listdir(trial.folder) if name.startswith("hit-")])


FAULTS = {
    "worker": worker,
    "slurmd": killed_daemon("n1/slurmd", 3),
    "slurmd away": killed_daemon("n1/slurmd", 20),
    "slurmctld": killed_daemon("slurmctld", 5),
    "node": node,
    "limit": limit,
    "last": last,
    "two workers": two,
    "disk": disk,
    "clocks": clocks,
}
