"""Writes events.bin with TensorBoard's own messages and record writer (PyPI: tensorboard)."""

import pathlib

from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

time = 1763769600.125
numbers = {"dev/ner": 0.5, "loss/ner": float("nan"), "loss/pos": 1e-30, "tokens": 16777216.0}
value = summary_pb2.Summary.Value
with open(pathlib.Path(__file__).parent / "events.bin", "wb") as file:
    writer = RecordWriter(file)
    for event in [
        event_pb2.Event(wall_time=time, file_version="brain.Event:2"),
        event_pb2.Event(
            wall_time=time,
            step=300,
            session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START),
        ),
        event_pb2.Event(
            wall_time=time + 1,
            step=300,
            summary=summary_pb2.Summary(
                value=[value(tag=tag, simple_value=x) for tag, x in sorted(numbers.items())]
            ),
        ),
        event_pb2.Event(wall_time=time + 2, step=301, summary=summary_pb2.Summary()),
    ]:
        writer.write(event.SerializeToString())
