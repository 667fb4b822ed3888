"""Tickets into files, as Masks/README.md specifies them."""

import hashlib
import math
import os
import struct
import tempfile

import numpy as np

from . import _codes
from ._codes import Mask
from ._error import TicketError, shown
from ._payload import compressed, compressed_noise
from .ticket import (CHECKSUM, MAGIC, MOST_BYTES, MOST_EXTENTS, MOST_HEADER, MOST_WEIGHTS, VERSION,
                     Ticket, text_problem)


def write_ticket(path: str | os.PathLike[str], ticket: Ticket) -> None:
    """Writes a ticket file, whole or not at all.

    Raises TicketError if the ticket is beyond the format's limits or the file cannot be written.
    """
    data, name = encode(ticket), os.fspath(path)
    try:
        handle, scratch = tempfile.mkstemp(dir=os.path.dirname(name) or ".", prefix=".ticket-")
        try:
            with open(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(scratch, 0o666 & ~mask)
            os.replace(scratch, name)
        except BaseException:
            os.unlink(scratch)
            raise
    except OSError as error:
        raise TicketError(f"{name}: cannot be written ({error.strerror})") from error


def encode(ticket: Ticket) -> bytes:
    """The bytes of the ticket's file; the same for the same ticket and version of zstd.

    Raises TicketError if it is beyond the format's limits.
    """
    if problem := _problem(ticket):
        raise TicketError(f"ticket of task {shown(ticket.task)} cannot be written: {problem}")
    score = ticket.dev_score
    header = struct.pack("<IBd", ticket.round, score is not None, 0.0 if score is None else score)
    header += b"".join(map(_packed, (ticket.task, ticket.criterion, ticket.scope)))
    header += struct.pack("<I", len(ticket.masks))
    sections = []
    for name, mask in ticket.masks.items():
        code, section = _smallest(np.ascontiguousarray(mask).ravel())
        header += _packed(name) + struct.pack(f"<B{mask.ndim}I", mask.ndim, *mask.shape)
        header += struct.pack("<IBI", np.count_nonzero(mask), code, len(section))
        sections.append(section)
    payload = compressed(header, sections)
    data = struct.pack("<8sIIQ", MAGIC, VERSION, len(header), len(payload))
    data += bytes.fromhex(ticket.origin) + payload
    if len(header) > MOST_HEADER or len(data) + CHECKSUM > MOST_BYTES:
        raise TicketError(f"ticket of task {shown(ticket.task)} cannot be written: it is too large")
    return data + hashlib.sha256(data).digest()


def _smallest(mask: Mask) -> tuple[int, bytes]:
    """The encoding that is smallest once compressed, and the data of a mask [n]."""
    plain = _codes.encode_bits(mask)
    code, gaps = _codes.encode_gaps(mask)
    # Plain bits are read faster; gaps have to save more than 1/128 of them.
    size = min(len(plain), len(compressed_noise([plain])))
    return (code, gaps) if len(gaps) < size - size // 128 else (_codes.BITS, plain)


def _packed(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<H", len(data)) + data


def _problem(ticket: Ticket) -> str | None:
    """What is beyond the format in a ticket of a user's; None if nothing is."""
    for text in (ticket.task, ticket.criterion, ticket.scope, *ticket.masks):
        if problem := text_problem(text):
            return f"{shown(text)} {problem}"
    if len(ticket.origin) != 64 or any(c not in "0123456789abcdef" for c in ticket.origin):
        return f"its origin is {shown(ticket.origin)}, not a SHA-256 of 64 hexadecimal digits"
    if ticket.dev_score is not None and not math.isfinite(ticket.dev_score):
        return f"its dev score is {ticket.dev_score}"
    if not 0 <= ticket.round < 1 << 32:
        return f"its round is {ticket.round}"
    for name, mask in ticket.masks.items():
        if not name:
            return "a tensor has no name"
        if mask.dtype != np.bool_:
            return f"tensor {shown(name)} is of {mask.dtype}, not of bool"
        if not 1 <= mask.ndim <= MOST_EXTENTS or not mask.size:
            return f"tensor {shown(name)} has the shape {list(mask.shape)}"
    if ticket.prunable > MOST_WEIGHTS:
        return f"it has {ticket.prunable} weights, more than {MOST_WEIGHTS}"
    return None
