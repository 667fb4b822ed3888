"""Files into tickets, as Masks/README.md specifies them."""

from dataclasses import dataclass
import hashlib
import math
import os
import struct

from . import _codes, _files
from ._codes import Mask
from ._error import TicketError, shown
from ._payload import Payload
from .ticket import (CHECKSUM, MAGIC, MOST_BYTES, MOST_EXTENTS, MOST_HEADER, MOST_WEIGHTS, PREFIX,
                     VERSION, Ticket, text_problem)


def read_ticket(path: str | os.PathLike[str]) -> Ticket:
    """Reads a ticket file.

    Nothing in it is believed: every length is checked before memory is set aside for it, and every
    count after decoding. Masks take a byte a weight: at most a GiB, the format's 2³⁰ weights.

    Raises TicketError if the file cannot be read or is no sound ticket.
    """
    return decode(_files.read(path, MOST_BYTES), os.fspath(path))


def decode(data: bytes, name: str = "ticket") -> Ticket:
    """The ticket whose file's bytes are `data`; messages call it `name`.

    Raises TicketError that says what is wrong with it.
    """
    try:
        return _decoded(data)
    except ValueError as error:
        raise TicketError(f"{name}: {error}") from None


class _Fields:
    """Little-endian fields from left to right, never past the end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._data)

    def bytes(self, count: int) -> bytes:
        if len(self._data) - self._at < count:
            raise ValueError("is cut short or damaged: a field is missing")
        self._at += count
        return self._data[self._at - count:self._at]

    def integer(self, size: int) -> int:
        return int.from_bytes(self.bytes(size), "little")

    def text(self, what: str) -> str:
        try:
            text = self.bytes(self.integer(2)).decode()
        except UnicodeDecodeError:
            raise ValueError(f"{what} is not UTF-8") from None
        if problem := text_problem(text):
            raise ValueError(f"{what} {problem}")
        return text


@dataclass(frozen=True)
class _Entry:
    """What the header says of a tensor."""

    name: str
    shape: tuple[int, ...]
    alive: int
    code: int
    length: int

    @property
    def count(self) -> int:
        return math.prod(self.shape)

    def mask(self, data: bytes) -> Mask:
        try:
            if self.code == _codes.BITS:
                mask = _codes.decode_bits(data, self.count, self.alive)
            else:
                mask = _codes.decode_gaps(data, self.code - 1, self.count, self.alive)
        except ValueError:
            raise ValueError(f"tensor {shown(self.name)}: its data is not a mask with {self.alive} "
                             f"of {self.count} weights alive") from None
        return mask.reshape(self.shape)


def _decoded(data: bytes) -> Ticket:
    if len(data) > MOST_BYTES:
        raise ValueError(f"is larger than the {MOST_BYTES} bytes a ticket may have")
    if not data.startswith(MAGIC):
        raise ValueError("is not a ticket file")
    fields = _Fields(data[len(MAGIC):PREFIX])
    if (version := fields.integer(4)) != VERSION:
        raise ValueError(f"is a ticket file of version {version}, version {VERSION} is supported")
    header_length, payload_length, origin = fields.integer(4), fields.integer(8), fields.bytes(32)
    room = len(data) - PREFIX - CHECKSUM
    if payload_length != room:
        problem = "cut short" if payload_length > room else "followed by garbage"
        raise ValueError(f"is {problem} or damaged: {len(data)} bytes do not fit its payload length")
    if hashlib.sha256(memoryview(data)[:-CHECKSUM]).digest() != data[-CHECKSUM:]:
        raise ValueError("is damaged: its checksum does not match")
    if header_length > MOST_HEADER:
        raise ValueError(f"its header of {header_length} bytes is larger than a ticket's may be")
    payload = Payload(data[PREFIX:-CHECKSUM])
    header = _Fields(payload.read(header_length))
    round, has_score, score_bytes = header.integer(4), header.integer(1), header.bytes(8)
    score: float = struct.unpack("<d", score_bytes)[0]
    if has_score > 1 or not math.isfinite(score) or not (has_score or score_bytes == bytes(8)):
        raise ValueError("its dev score is malformed")
    task, criterion, scope = map(header.text, ("its task", "its criterion", "its scope"))
    # All of the header is checked before the first mask is made.
    entries = _entries(header)
    masks = {entry.name: entry.mask(payload.read(entry.length)) for entry in entries}
    payload.finish()
    return Ticket(masks, task, origin.hex(), round, criterion, scope, score if has_score else None)


def _entries(header: _Fields) -> list[_Entry]:
    entries: dict[str, _Entry] = {}
    weights = 0
    for _ in range(header.integer(4)):
        name = header.text("a tensor's name")
        if not name:
            raise ValueError("a tensor has no name")
        if name in entries:
            raise ValueError(f"tensor {shown(name)} is there twice")
        entries[name] = _entry(name, header)
        weights += entries[name].count
        if weights > MOST_WEIGHTS:
            raise ValueError(
                f"its tensors have more than the {MOST_WEIGHTS} weights a ticket may have")
    if not header.is_at_end:
        raise ValueError("its header goes on after the last tensor")
    return list(entries.values())


def _entry(name: str, header: _Fields) -> _Entry:
    rank = header.integer(1)
    if not 1 <= rank <= MOST_EXTENTS:
        raise ValueError(
            f"tensor {shown(name)} has {rank} extents, 1 to {MOST_EXTENTS} are allowed")
    shape = tuple(header.integer(4) for _ in range(rank))
    count = math.prod(shape)
    if not 1 <= count <= MOST_WEIGHTS:
        raise ValueError(
            f"tensor {shown(name)} has an extent of 0 or too many weights: {list(shape)}")
    alive, code, length = header.integer(4), header.integer(1), header.integer(4)
    if alive > count:
        raise ValueError(f"tensor {shown(name)} has {count} weights but {alive} alive ones")
    if code > 1 + _codes.MOST_LOW_BITS:
        raise ValueError(f"tensor {shown(name)} has the unknown encoding {code}")
    if not _codes.fits(code, length, count, alive):
        raise ValueError(
            f"tensor {shown(name)}: {length} bytes cannot hold {alive} of {count} weights")
    return _Entry(name, shape, alive, code, length)
