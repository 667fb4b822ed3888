#!/usr/bin/env python3
"""Reads ticket files as Masks/README.md specifies them and prints what they hold as JSON.

usage: read_ticket.py FILE...

A use of the Python package in Tools/python, which shares no code with the Swift one.
"""

import json
from pathlib import Path
import sys

sys.path.insert(0, str(Path(__file__).resolve().parent / "python"))
from tickets import TicketError, read_ticket  # noqa: E402


def described(ticket):
    tensors = [{"name": name, "shape": list(mask.shape), "alive": mask.ravel().nonzero()[0].tolist()}
               for name, mask in ticket.masks.items()]
    return {"round": ticket.round, "dev_score": ticket.dev_score, "task": ticket.task,
            "criterion": ticket.criterion, "scope": ticket.scope, "origin": ticket.origin,
            "tensors": tensors}


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    try:
        for path in sys.argv[1:]:
            print(json.dumps(described(read_ticket(path))))
    except TicketError as error:
        sys.exit(f"read_ticket: {error}")
