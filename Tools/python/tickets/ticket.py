"""What a ticket is."""

from collections.abc import Mapping
from dataclasses import dataclass
import unicodedata

import numpy as np

from ._codes import Mask

MOST_BYTES = 1 << 28
"""Bytes that a ticket file may have."""
MOST_WEIGHTS = 1 << 30
"""Weights that all tensors of a ticket may have together."""
MOST_HEADER, MOST_TEXT, MOST_EXTENTS = 1 << 22, 1024, 8
MAGIC, VERSION = b"TICKET\r\n", 1
PREFIX, CHECKSUM = 56, 32
"""Bytes before and after the payload."""


@dataclass(frozen=True, eq=False)
class Ticket:
    """A task's masks and the weights θ⁰ that they belong to.

    `masks` maps the names under which PyTorch knows the tensors to bool arrays of their shapes,
    True = alive, in the network's order. `origin` is the SHA-256 of the weights file θ⁰ as 64
    hexadecimal digits. `round` is the pruning round, 0 before any pruning; `dev_score` the best score
    on dev, if there is one; `criterion` and `scope` what was pruned by, such as magnitude and global.
    """

    masks: Mapping[str, Mask]
    task: str
    origin: str
    round: int = 0
    criterion: str = "magnitude"
    scope: str = "global"
    dev_score: float | None = None

    @property
    def prunable(self) -> int:
        """The number of weights that have a bit."""
        return sum(mask.size for mask in self.masks.values())

    @property
    def alive(self) -> int:
        """The number of alive weights."""
        return sum(int(np.count_nonzero(mask)) for mask in self.masks.values())

    @property
    def density(self) -> float:
        """Alive over prunable weights; 0 if there are none."""
        return self.alive / self.prunable if self.prunable else 0.0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ticket):
            return NotImplemented
        return (_settings(self) == _settings(other) and list(self.masks) == list(other.masks)
                and all(np.array_equal(a, b)
                        for a, b in zip(self.masks.values(), other.masks.values())))

    def __repr__(self) -> str:
        return (f"Ticket(task={self.task!r}, round={self.round}, {len(self.masks)} tensors, "
                f"{self.alive} of {self.prunable} weights alive)")


def _settings(ticket: Ticket) -> tuple[object, ...]:
    return (ticket.task, ticket.origin, ticket.round, ticket.criterion, ticket.scope,
            ticket.dev_score)


def text_problem(text: str) -> str | None:
    """What is wrong with a name or other text of a ticket; None if nothing is."""
    try:
        length = len(text.encode())
    except UnicodeEncodeError:
        return "is not Unicode"
    if length > MOST_TEXT:
        return f"is longer than {MOST_TEXT} bytes"
    if any(unicodedata.category(character) == "Cc" for character in text):
        return "has control characters"
    return None
