"""Tensors out of safetensors files, without PyTorch."""

import json
import math
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._error import TicketError, shown
from ._files import opened

_MOST_HEADER = 100_000_000
_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
           "I8": "|i1", "U8": "|u1", "BOOL": "|b1"}


def read_tensors(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file by name, as read-only arrays that lie in the file.

    Raises TicketError if the file cannot be read or its header does not fit it.
    """
    name = os.fspath(path)
    try:
        with opened(name) as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, _MOST_HEADER):
                raise TicketError(f"{name}: is not a safetensors file, or cut short")
            header = json.loads(file.read(length))
            data = np.memmap(file, np.uint8, "r") if size > 8 + length else np.zeros(0, np.uint8)
    except (ValueError, RecursionError):
        raise TicketError(f"{name}: its header is damaged") from None
    if not isinstance(header, dict):
        raise TicketError(f"{name}: its header is damaged")
    return {key: _tensor(name, key, entry, data[8 + length:])
            for key, entry in header.items() if key != "__metadata__"}


def _tensor(path: str, name: str, entry: object, data: NDArray[np.uint8]) -> NDArray[Any]:
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(start), int(end)]} if (
                dtype in _DTYPES and all(type(extent) is int and extent >= 0 for extent in shape)):
            item = np.dtype(_DTYPES[dtype])
            # Both are compared as Python numbers, which do not overflow.
            if 0 <= start <= end <= len(data) and end - start == math.prod(shape) * item.itemsize:
                tensor: NDArray[Any] = data[start:end].view(item).reshape(shape)
                return tensor
    raise TicketError(f"{path}: tensor {shown(name)} does not fit the file, or is of an unknown type")
