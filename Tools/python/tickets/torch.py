"""Tickets on PyTorch modules, by way of torch.nn.utils.prune."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from ._codes import Mask
from ._error import TicketError, shown
from .ticket import Ticket


def masks(ticket: Ticket, dtype: torch.dtype = torch.bool) -> dict[str, Tensor]:
    """The ticket's masks by name, as tensors of `dtype` on the CPU: True or 1 is alive."""
    return {name: torch.tensor(mask, dtype=dtype) for name, mask in ticket.masks.items()}


def apply(module: nn.Module, ticket: Ticket) -> nn.Module:
    """Prunes `module` in place to the ticket, tensor by tensor, by prune.custom_from_mask: dead weights
    are zero in every pass and do not learn. The module keeps `NAME_orig` and `NAME_mask`.

    Names are those of `module.named_parameters()`; shapes must be equal. All is checked before
    anything is changed. Weights are used as they are: load θ⁰, or what was trained under the ticket.

    Returns `module`; raises TicketError that names the tensor which is missing or has another shape.
    """
    modules, found = dict(module.named_modules()), []
    for name, mask in ticket.masks.items():
        path, _, parameter = name.rpartition(".")
        owner = modules.get(path)
        weight = getattr(owner, parameter, None)
        # A pruned weight is no parameter any more, but made of one.
        is_known = owner is not None and any(
            known in owner._parameters for known in (parameter, f"{parameter}_orig"))
        if owner is None or not is_known or not isinstance(weight, Tensor):
            raise TicketError(f"ticket of task {shown(ticket.task)}: the module has no parameter "
                              f"{shown(name)}")
        if tuple(weight.shape) != mask.shape:
            raise TicketError(f"ticket of task {shown(ticket.task)}: tensor {shown(name)} is "
                              f"{list(mask.shape)}, but {list(weight.shape)} in the module")
        found.append((owner, parameter, torch.tensor(mask, dtype=weight.dtype, device=weight.device)))
    for owner, parameter, bits in found:
        prune.custom_from_mask(owner, parameter, bits)  # type: ignore[no-untyped-call, unused-ignore]
    return module


def ticket_of(module: nn.Module, *, task: str, origin: str, round: int = 0,
              criterion: str = "magnitude", scope: str = "global",
              dev_score: float | None = None) -> Ticket:
    """The ticket of a module that torch.nn.utils.prune has pruned, before prune.remove: the masks of
    all its pruned parameters, in the module's order.

    `origin` tells the weights θ⁰ that the masks belong to: `tickets.origin_of` of their file. The other
    settings are those of `Ticket`. Raises TicketError if nothing is pruned, or a mask is not 0 and 1.
    """
    found = dict(_pruned(module))
    if not found:
        raise TicketError("the module has no parameter that torch.nn.utils.prune has pruned")
    return Ticket(found, task, origin, round, criterion, scope, dev_score)


def _pruned(module: nn.Module) -> Iterator[tuple[str, Mask]]:
    for path, owner in module.named_modules():
        for original in owner._parameters:
            name = original.removesuffix("_orig")
            mask = owner._buffers.get(f"{name}_mask")
            if name == original or mask is None:
                continue
            full = f"{path}.{name}" if path else name
            values = mask.detach().cpu()
            if not bool(((values == 0) | (values == 1)).all()):
                raise TicketError(f"the mask of {shown(full)} holds other numbers than 0 and 1")
            yield full, np.ascontiguousarray(values.bool().numpy())
