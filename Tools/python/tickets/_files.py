"""Strangers' files, opened."""

from collections.abc import Iterator
from contextlib import contextmanager
import hashlib
from io import BufferedReader
import os
import stat

from ._error import TicketError


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[BufferedReader]:
    """A file to be read; TicketError that names it if it cannot be, or is a pipe or a device."""
    name = os.fspath(path)

    def open_at_once(file: str, flags: int) -> int:
        return os.open(file, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe would wait for a writer

    try:
        with open(name, "rb", opener=open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise TicketError(f"{name}: is no plain file")
            yield file
    except OSError as error:
        raise TicketError(f"{name}: cannot be read ({error.strerror})") from error


def read(path: str | os.PathLike[str], limit: int) -> bytes:
    """A file's bytes, of which there may be `limit`; TicketError that names it."""
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        # No more memory than the file is long; it may be growing.
        data = file.read(min(size, limit) + 1)
    if size > limit or len(data) > limit:
        raise TicketError(f"{os.fspath(path)}: is larger than {limit} bytes")
    return data


def origin_of(path: str | os.PathLike[str]) -> str:
    """What a ticket calls the weights file θ⁰ at `path`: its SHA-256 as 64 hexadecimal digits.

    Raises TicketError if the file cannot be read.
    """
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
