"""Overlap ratios of tickets: OR = ‖∩M_t‖₀ / ‖∪M_t‖₀ (Sun et al. 2020, equation 4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._codes import Mask
from ._error import TicketError, shown
from ._places import Place, aligned, layout_difference, shape_difference
from ._random import RandomOverlap, Stratum
from .ticket import Ticket

_BINS = 20
_GROUPS = ("gate", "direction", "layer", "module")


def overlap(tickets: Mapping[str, Ticket], *, theta0: Mapping[str, NDArray[Any]] | None = None,
            across_weights: bool = False) -> dict[str, Any]:
    """How far `tickets`, by the names to report them under, overlap: all together, by pairs, tensors,
    gates, directions, layers and modules, beside what random masks would; the object that
    `tickets overlap --json` prints. A ratio whose union is empty is None.

    `theta0` has the values of θ⁰ by tensor, if they are known and all tickets descend from it: then
    random masks that also keep as many weights of every twentieth of |θ⁰| stand there too
    (`theta0`), and every ticket's ratio with magnitude pruning of θ⁰ itself (`magnitude`).

    Raises TicketError if there is no ticket, if they do not descend from the same weights (unless
    `across_weights`), or if they belong to different networks.
    """
    names = list(tickets)
    _check(tickets, across_weights)
    masks = aligned(list(tickets.values()))
    flat = [{name: mask.ravel() for name, mask in own.items()} for own in masks]
    places = {name: Place.of(name, mask.shape) for name, mask in masks[0].items()}
    is_only = len({place.module for place in places.values() if place.cell}) <= 1
    whole, strata = _Tally(len(names)), list[Stratum]()
    tensors: list[dict[str, Any]] = []
    groups: dict[tuple[str, str], _Tally] = {}
    for name, place in places.items():
        tensor = _Tally(len(names))
        parts = [own[name] for own in flat]
        for section, members in place.sections(len(parts[0]), is_only):
            tally = _Tally(len(names))
            tally.count([part[section] for part in parts])
            tensor.add(tally)
            for member in members:
                groups.setdefault(member, _Tally(len(names))).add(tally)
        whole.add(tensor)
        strata.append((tensor.prunable, tensor.alive))
        tensors.append(_part("tensor", name, tensor, names))
    report: dict[str, Any] = {
        "tasks": names, "prunable": whole.prunable, "union": whole.union,
        "alive": dict(zip(names, whole.alive)),
        "density": {name: ticket.density for name, ticket in tickets.items()},
        "tensors": tensors,
        "groups": [_part(kind, name, tally, names) for kind in _GROUPS
                   for (group, name), tally in groups.items() if group == kind]}
    finer = None
    if theta0 is not None:
        sizes = _sizes(theta0, masks[0])
        finer = _finer(sizes, flat)
        report["magnitude"] = {
            name: _magnitude_ratio(sizes, ticket)
            for name, ticket in tickets.items() if ticket.alive}
    report["overlap"] = _whole(whole, names, strata, finer)
    return report


@dataclass
class _Tally:
    """Counts of weights over parts of the masks of T tasks; pairs are (0,1), (0,2), …, (1,2), …."""

    tasks: int
    prunable: int = 0
    intersection: int = 0
    union: int = 0
    alive: list[int] = field(init=False)
    pairs: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.alive = [0] * self.tasks
        self.pairs = [0] * (self.tasks * (self.tasks - 1) // 2)

    def count(self, masks: list[Mask]) -> None:
        """Adds masks [n], one for each task."""
        self.prunable += len(masks[0])
        self.alive = [a + int(np.count_nonzero(mask)) for a, mask in zip(self.alive, masks)]
        self.pairs = [p + int(np.count_nonzero(a & b))
                      for p, (a, b) in zip(self.pairs, combinations(masks, 2))]
        self.intersection += int(np.count_nonzero(np.logical_and.reduce(masks)))
        self.union += int(np.count_nonzero(np.logical_or.reduce(masks)))

    def add(self, other: "_Tally") -> None:
        self.prunable += other.prunable
        self.intersection += other.intersection
        self.union += other.union
        self.alive = [a + b for a, b in zip(self.alive, other.alive)]
        self.pairs = [a + b for a, b in zip(self.pairs, other.pairs)]


def _check(tickets: Mapping[str, Ticket], across_weights: bool) -> None:
    if not tickets:
        raise TicketError("overlap: no tickets to compare; name at least one")
    for (a, first), (b, second) in combinations(tickets.items(), 2):
        is_same = first.origin == second.origin
        # Where the weights are not known the tensors alone tell a network.
        is_known = is_same and first.origin != "0" * 64
        difference = (shape_difference if is_known else layout_difference)(first, second)
        if difference:
            raise TicketError(f"overlap: tickets {shown(a)} and {shown(b)} belong to different "
                              f"networks: {difference}")
        if not is_same and not across_weights:
            raise TicketError(
                f"overlap: tickets {shown(a)} and {shown(b)} do not start from the same weights "
                f"(SHA-256 {first.origin[:8]}… against {second.origin[:8]}…); compare tickets of one "
                "run, or give across_weights=True")


def _quotient(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _pairs(tally: _Tally, names: Sequence[str]) -> list[dict[str, Any]]:
    pairs = []
    for both, (a, b) in zip(tally.pairs, combinations(range(len(names)), 2)):
        union = tally.alive[a] + tally.alive[b] - both
        pairs.append({
            "tasks": [names[a], names[b]], "ratio": _quotient(both, union), "intersection": both,
            "union": union, "containments": [_quotient(both, tally.alive[t]) for t in (a, b)]})
    return pairs


def _part(kind: str, name: str, tally: _Tally, names: Sequence[str]) -> dict[str, Any]:
    return {"group": kind, "name": name, "prunable": tally.prunable,
            "alive": dict(zip(names, tally.alive)),
            "ratio": _quotient(tally.intersection, tally.union),
            "intersection": tally.intersection, "union": tally.union, "pairs": _pairs(tally, names)}


def _expectation(strata: Sequence[Stratum], observed: float | None) -> dict[str, float | None]:
    random = RandomOverlap(strata)
    return {"ratio": random.ratio, "z": random.z(observed)}


def _whole(tally: _Tally, names: Sequence[str], strata: Sequence[Stratum],
           finer: Sequence[Stratum] | None) -> dict[str, Any]:
    kinds = {"expected": strata} | ({} if finer is None else {"theta0": finer})
    ratio = _quotient(tally.intersection, tally.union)
    whole: dict[str, Any] = {"all": ratio, "intersection": tally.intersection,
                             "pairs": _pairs(tally, names)}
    for key, chosen in kinds.items():
        whole[key] = _expectation(chosen, ratio)
        for pair, (a, b) in zip(whole["pairs"], combinations(range(len(names)), 2)):
            own = [(count, (alive[a], alive[b])) for count, alive in chosen]
            pair[key] = _expectation(own, pair["ratio"])
    return whole


def _sizes(theta0: Mapping[str, NDArray[Any]],
           masks: Mapping[str, Mask]) -> dict[str, NDArray[np.float32]]:
    """|θ⁰| of every masked tensor, [n]."""
    sizes = {}
    for name, mask in masks.items():
        values = theta0.get(name)
        if values is None or values.size != mask.size:
            raise TicketError(f"overlap: the initial weights have no tensor {shown(name)} of shape "
                              f"{list(mask.shape)}")
        sizes[name] = np.abs(np.asarray(values, np.float32).ravel())
        if not np.isfinite(sizes[name]).all():
            raise TicketError(f"overlap: the initial weights of {shown(name)} are not all finite")
    return sizes


def _finer(sizes: Mapping[str, NDArray[np.float32]],
           masks: Sequence[Mapping[str, Mask]]) -> list[Stratum]:
    """Strata of a tensor's weights by the rank of |θ⁰| in it; of equal sizes the earlier is smaller."""
    strata: list[Stratum] = []
    for name, values in sizes.items():
        bins = np.empty(len(values), np.int64)
        bins[np.argsort(values, kind="stable")] = np.arange(len(values)) * _BINS // len(values)
        counts = np.bincount(bins, minlength=_BINS).tolist()
        alive = [np.bincount(bins[own[name]], minlength=_BINS).tolist() for own in masks]
        strata += [(counts[i], [a[i] for a in alive]) for i in range(_BINS)]
    return strata


def _magnitude_ratio(sizes: Mapping[str, NDArray[np.float32]], ticket: Ticket) -> float:
    """The ratio of a ticket with the mask of as many weights that pruning θ⁰ itself by magnitude
    leaves, over all tensors that it has; of equal sizes the later is kept."""
    values = np.concatenate([sizes[name] for name in ticket.masks])
    mask = np.concatenate([own.ravel() for own in ticket.masks.values()])
    kept = np.argsort(values, kind="stable")[-ticket.alive:]
    both = int(np.count_nonzero(mask[kept]))
    return both / (2 * ticket.alive - both)
