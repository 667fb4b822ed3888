"""JSON files of runs: with a digest of themselves, line by line, or kept results."""

from collections.abc import Iterator
import hashlib
import json
from pathlib import Path
import re
from typing import Any

from . import _files
from ._error import TicketError, shown

_MOST_BYTES = 1 << 30
_SEAL = re.compile(rb'"tickets\.sha256":"([0-9a-f]{64})"\n}\n\Z')
_SAFE = re.compile(r"(?!\.)[A-Za-z0-9_.,=+-]{1,255}")


def is_safe(part: str) -> bool:
    """Whether a name out of a file may name a file or folder inside another."""
    return _SAFE.fullmatch(part) is not None


def read_bytes(path: Path) -> bytes:
    """A file's bytes; TicketError that names it."""
    return _files.read(path, _MOST_BYTES)


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file, whose digest of itself must fit if it has one."""
    data = read_bytes(path)
    if seal := _SEAL.search(data):
        start, end = seal.span(1)
        digest = hashlib.sha256(data[:start] + b"0" * 64 + data[end:]).hexdigest()
        if digest.encode() != seal[1]:
            raise TicketError(f"{path}: is damaged or was changed: its digest does not fit")
    elif b'"tickets.sha256"' in data:
        raise TicketError(f"{path}: is damaged or was changed: its digest does not fit")
    found = _parsed(path, data)
    found.pop("tickets.sha256", None)
    return found


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file, one a line; a last line without its end, torn, is left out."""
    for number, line in enumerate(read_bytes(path).split(b"\n")[:-1], 1):
        yield _parsed(f"{path}:{number}", line)


def read_kept(path: Path, folder: Path) -> dict[str, Any]:
    """The content of a kept result, whose first line is the digest of the rest; it must have been
    computed from the files that are in `folder` now."""
    data = read_bytes(path)
    if data[:65] != hashlib.sha256(data[65:]).hexdigest().encode() + b"\n":
        raise TicketError(f"{path}: is damaged: its digest does not fit")
    match _parsed(path, data[65:]):
        case {"content": dict(content), "inputs": list(inputs)}:
            for entry in inputs:
                _check_input(path, folder, entry)
            return content
    raise TicketError(f"{path}: is damaged")


def _check_input(result: Path, folder: Path, entry: object) -> None:
    match entry:
        case {"name": str(name), "digest": str(digest)}:
            # Data files have their paths as names, and are the tool's to check.
            if not all(map(is_safe, name.split("/"))):
                return
            file = folder / name
            if file.is_file() and hashlib.sha256(read_bytes(file)).hexdigest() != digest:
                raise TicketError(f"{result}: was measured before {file} changed; have the tool measure "
                                  "again ('tickets evaluate RUN' or 'tickets report DIR')")
        case _:
            raise TicketError(f"{result}: is damaged")


def _parsed(place: Path | str, data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise TicketError(f"{place}: is no JSON ({shown(error)})") from None
    if not isinstance(found, dict):
        raise TicketError(f"{place}: is no JSON object")
    return found
