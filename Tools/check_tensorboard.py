#!/usr/bin/env python3
"""Compares the event files of a run with its metrics, as TensorBoard's own reader sees them.

    Tools/check_tensorboard.py RUN --resumed DIR --exported DIR

DIR is what `tickets run --tensorboard` wrote while RUN was killed and continued, and what `tickets
export RUN --tensorboard` wrote afterwards. Needs tensorboard and zstandard from PyPI; TensorFlow is
not used. Ends with 1 and says what differs if something does.
"""

import argparse
import math
import pathlib
import struct
import sys

from tensorboard.backend.event_processing import event_accumulator, event_file_loader
from tensorboard.compat import tf
from tensorboard.compat.tensorflow_stub import errors, pywrap_tensorflow

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "python"))
from tickets import Run  # noqa: E402


def expected(run):
    """What TensorBoard is to show: {folder: {tag: [(step, wall time, value)]}}."""
    series, epochs = {}, {}
    for line in Run(run).records("metrics"):
        folder = "/".join(filter(None, [line["stage"], line.get("task")]))
        series.setdefault(folder, []).append(line)
        rounds = epochs.setdefault(folder, {})
        rounds[line.get("round")] = max(rounds.get(line.get("round"), 0), line["epoch"])
    shown = {}
    for folder, lines in series.items():
        tags = shown.setdefault(folder, {})
        for line in sorted(lines, key=lambda line: (line.get("round", 0), line["epoch"])):
            before = sum(
                count
                for earlier, count in epochs[folder].items()
                if earlier is not None and earlier < line.get("round", 0)
            )
            for name, value in line.items():
                if name in ("stage", "task", "epoch", "time"):
                    continue
                value = math.nan if value is None else struct.unpack("f", struct.pack("f", value))[0]
                tags.setdefault(name.replace(".", "/"), []).append(
                    (before + line["epoch"], line["time"], value)
                )
    return shown


def read(folder):
    """What TensorBoard shows of the event files below a folder, in the same form."""
    shown = {}
    for place in sorted({path.parent for path in folder.rglob("*tfevents*")}):
        events = event_accumulator.EventAccumulator(
            str(place), size_guidance={event_accumulator.TENSORS: 0, event_accumulator.SCALARS: 0}
        ).Reload()
        shown[str(place.relative_to(folder))] = {
            tag: [(event.step, event.wall_time, event.value) for event in events.Scalars(tag)]
            for tag in events.Tags()["scalars"]
        }
    return shown


def same(a, b):
    return a == b or (isinstance(a, float) and math.isnan(a) and math.isnan(b))


def compare(name, shown, wanted):
    """Complains about every series that differs; how many numbers there are."""
    problems, count = [], 0
    for folder in sorted(wanted.keys() | shown.keys()):
        own, others = shown.get(folder, {}), wanted.get(folder, {})
        for tag in sorted(own.keys() | others.keys()):
            points, lines = own.get(tag, []), others.get(tag, [])
            count += len(points)
            if len(points) != len(lines) or not all(
                same(a, b) for x, y in zip(points, lines) for a, b in zip(x, y)
            ):
                problems.append(f"{name}: {folder} {tag}: {points} is not {lines}")
    return problems, count


def written(folder):
    """How many numbers there are before TensorBoard drops those that a resumed run repeated."""
    return sum(
        len(event.summary.value)
        for path in folder.rglob("*tfevents*")
        for event in event_file_loader.EventFileLoader(str(path)).Load()
    )


def damage(folder):
    """Whether a wrong byte anywhere in a file is noticed; nothing of it may be shown as it is."""
    path = sorted(folder.rglob("*tfevents*"))[0]
    whole = path.read_bytes()
    records = len(list(event_file_loader.EventFileLoader(str(path)).Load()))
    problems = []
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        reader = pywrap_tensorflow.PyRecordReader_New(str(path))
        got = 0
        try:
            while True:
                reader.GetNext()
                got += 1
        except errors.DataLossError:
            pass
        except errors.OutOfRangeError:
            problems.append(f"damage: byte {place} of {path.name} is wrong and nothing says so")
        if got >= records:
            problems.append(f"damage: all records of {path.name} are read with byte {place} wrong")
    path.write_bytes(whole)
    return problems, len(whole)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--resumed", type=pathlib.Path, required=True)
    parser.add_argument("--exported", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    if tf.__version__ != "stub":
        sys.exit("check_tensorboard: TensorFlow is installed; its reader is not the one meant here")
    wanted = expected(arguments.run)
    problems = []
    for name in ("resumed", "exported"):
        folder = getattr(arguments, name)
        found, count = compare(name, read(folder), wanted)
        files = len(list(folder.rglob("*tfevents*")))
        print(f"{name}: {count} numbers in {files} files of {len(wanted)} folders")
        problems += found
        if name == "resumed" and written(folder) <= count:
            problems.append("resumed: nothing was written twice, so nothing was killed in time")
    found, count = damage(arguments.exported)
    print(f"damage: each of {count} bytes was changed once")
    problems += found
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit(1)
    print("TensorBoard reads what the metrics hold")


if __name__ == "__main__":
    main()
