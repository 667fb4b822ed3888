"""Where tensors sit in their networks, as PyTorch's names tell, and tickets of one layout."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import re

import numpy as np

from ._codes import Mask
from ._error import TicketError, shown
from .ticket import Ticket

_CELL = re.compile(r"weight_(?:ih|hh)_l(\+?[0-9]+)(_reverse)?")


@dataclass(frozen=True)
class Place:
    """A tensor's module, and of a direction of an LSTM's layer, whose rows are four equal blocks for
    the gates i, f, g, o, the layer (from 0) and the direction."""

    module: str
    cell: tuple[int, str] | None

    @staticmethod
    def of(name: str, shape: Sequence[int]) -> "Place":
        """`lstm.weight_hh_l1_reverse` is module lstm, layer 1, backward; another name is its module's."""
        module, _, last = name.rpartition(".")
        found = _CELL.fullmatch(last)
        if not found or len(shape) != 2 or shape[0] % 4:
            return Place(module or name, None)
        return Place(module or "lstm", (int(found[1]), "backward" if found[2] else "forward"))

    def sections(self, count: int, is_only: bool) -> Iterator[tuple[slice, list[tuple[str, str]]]]:
        """The runs of a tensor of `count` weights with their groups, as (kind, name). If other modules
        have LSTM cells too (not `is_only`), names say whose they are."""
        if self.cell is None:
            yield slice(0, count), [("module", self.module)]
            return
        owner = "" if is_only else f"{self.module} "
        layer, direction = self.cell
        for quarter, gate in enumerate("ifgo"):
            yield slice(quarter * (count // 4), (quarter + 1) * (count // 4)), [
                ("gate", owner + gate), ("direction", owner + direction),
                ("layer", f"{owner}{layer}"), ("module", self.module)]


def shape_difference(a: Ticket, b: Ticket) -> str | None:
    """Which tensor that both have is of another shape in `b`; None if none is."""
    for name, mask in a.masks.items():
        if name in b.masks and b.masks[name].shape != mask.shape:
            return f"tensor {shown(name)} is {list(mask.shape)} against {list(b.masks[name].shape)}"
    return None


def layout_difference(a: Ticket, b: Ticket) -> str | None:
    """Where the names, order or shapes of `b` depart from those of `a`; None if they do not."""
    for first, second in zip(a.masks, b.masks):
        if first != second:
            return f"tensor {shown(first)} against tensor {shown(second)}"
    shared = min(len(a.masks), len(b.masks))
    for name in [*a.masks][shared:] + [*b.masks][shared:]:
        return f"tensor {shown(name)} is in one only"
    return shape_difference(a, b)


def aligned(tickets: Sequence[Ticket]) -> list[dict[str, Mask]]:
    """The masks over all tensors that any of the tickets has; what one lacks is dead in it.

    Tickets of one layout stay as they are. Otherwise tensors stand module by module in the order of
    the modules' names, 2 before 10, and those of a module in the order in which they are met.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for ticket in tickets:
        if difference := shape_difference(tickets[0], ticket):
            raise TicketError(f"overlap: masks belong to different networks: {difference}")
        for name, mask in ticket.masks.items():
            if shapes.setdefault(name, mask.shape) != mask.shape:
                raise TicketError(f"overlap: masks belong to different networks: tensor {shown(name)} "
                                  f"is {list(shapes[name])} against {list(mask.shape)}")
    if any(layout_difference(tickets[0], ticket) for ticket in tickets):
        order = sorted(shapes, key=lambda name: _natural(Place.of(name, shapes[name]).module))
    else:
        order = list(shapes)
    return [{name: ticket.masks.get(name, np.broadcast_to(np.False_, shapes[name]))
             for name in order} for ticket in tickets]


def _natural(text: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part)
            for part in re.split(r"(\d+)", text)]
