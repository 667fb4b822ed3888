"""Tickets of sparse multi-task sharing as NumPy and PyTorch masks, and the runs they come from."""

from ._error import TicketError
from ._reading import decode, read_ticket
from ._writing import encode, write_ticket
from .ticket import Ticket

__all__ = ["Ticket", "TicketError", "decode", "encode", "read_ticket", "write_ticket"]
