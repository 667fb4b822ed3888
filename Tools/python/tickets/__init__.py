"""Tickets of sparse multi-task sharing as NumPy and PyTorch masks, and the runs they come from."""

from ._error import TicketError
from ._files import origin_of
from ._reading import decode, read_ticket
from ._safetensors import read_tensors
from ._writing import encode, write_ticket
from .overlap import overlap
from .runs import Comparison, Run
from .ticket import Ticket

__all__ = ["Comparison", "Run", "Ticket", "TicketError", "decode", "encode", "origin_of",
           "overlap", "read_tensors", "read_ticket", "write_ticket"]
