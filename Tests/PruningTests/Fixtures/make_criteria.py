#!/usr/bin/env python3
"""Makes criteria.safetensors: what criteria make of a small network, computed by PyTorch in float64,
GraSP with exact double backward, and rounded to float32.

One task over a BiLSTM with a character CNN, with all weights alive and under a mask, whose dead
weights are zero, and SynFlow of a ReLU network over vectors. Each criterion has its scores and the
masks that keep the KEPT weights of which they are largest. Trainings are SGD with momentum, gradients
clipped by their norm; scores are moved by unclipped gradients in movement, by clipped ones where they
are learned, through masks that autograd takes for the identity.
"""

import argparse
import sys
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file
from torch import nn
from torch.func import functional_call

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "Tools"))
sys.path.insert(0, str(HERE.parents[1] / "LayersTests" / "Fixtures"))
from make_goldens import numbers, small_batches, stored  # noqa: E402
from pytorch_tagger import Tagger  # noqa: E402

RATE, MOMENTUM, CLIP, KEPT, START = 0.5, 0.9, 0.5, 200, 0.001
SIZES = dict(vocabulary=15, word_dim=5, alphabet=9, char_dim=4, filters=3, hidden=4, layers=2)


class Loss(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = Tagger(heads={"pos": (5, False)}, **SIZES).double()

    def forward(self, batch):
        return self.model.heads["pos"].loss(self.model(batch, "pos"), batch)


LOSS = Loss()
PRUNABLE = list(LOSS.model.prunable())


def loss(weights, batch):
    return functional_call(LOSS, {f"model.{n}": w for n, w in weights.items()}, (batch,))


def largest(scores, count, mask):
    """The masks of the `count` largest scores of weights that `mask` holds."""
    flat = torch.cat([torch.where(mask[n] > 0, scores[n], -torch.inf).flatten() for n in scores])
    kept = torch.zeros_like(flat)
    kept[flat.topk(count).indices] = 1
    parts = kept.split([scores[n].numel() for n in scores])
    return {n: part.reshape(scores[n].shape) for n, part in zip(scores, parts)}


def measured(start, mask, batches):
    """θ ∘ Σg and θ ∘ ΣH·Σg, H with respect to alive weights."""
    leaves = {n: w.clone().requires_grad_() for n, w in start.items()}
    masked = {n: w * mask[n] if n in mask else w for n, w in leaves.items()}
    total = sum(loss(masked, batch) for batch in batches)
    pruned = [leaves[n] for n in PRUNABLE]
    slopes = torch.autograd.grad(total, pruned, create_graph=True)
    flow = torch.autograd.grad(sum((g * g.detach()).sum() for g in slopes), pruned)
    return [{n: (start[n] * v).detach() for n, v in zip(PRUNABLE, found)}
            for found in (slopes, flow)]


class Momentum:
    """SGD of `weights`, clipped by the norm of all gradients."""

    def __init__(self, weights):
        self.weights = weights
        self.velocity = {n: torch.zeros_like(w) for n, w in weights.items()}

    def move(self, gradients):
        norm = torch.sqrt(sum((g ** 2).sum() for g in gradients.values()))
        for n, g in gradients.items():
            self.velocity[n] = MOMENTUM * self.velocity[n] + g * (CLIP / norm).clamp(max=1)
            self.weights[n] = self.weights[n] - RATE * self.velocity[n]
        return norm > CLIP


def trained(start, mask, batches):
    """Movement, and what weights moved."""
    run = Momentum({n: w.clone() for n, w in start.items()})
    movement = {n: torch.zeros_like(start[n]) for n in PRUNABLE}
    clipped = []
    for batch in batches:
        leaves = {n: w.clone().requires_grad_() for n, w in run.weights.items()}
        found = torch.autograd.grad(loss(leaves, batch), list(leaves.values()))
        gradients = {n: g * mask[n] if n in mask else g for n, g in zip(leaves, found)}
        for n in PRUNABLE:
            movement[n] -= gradients[n] * run.weights[n]
        clipped.append(bool(run.move(gradients)))
    assert any(clipped) and not all(clipped), "both kinds of step are wanted"
    return movement, {n: run.weights[n] - start[n] for n in PRUNABLE}


def learned(start, mask, batches):
    """Scores that steps have moved, and whatever else they moved."""
    scores = {f"score.{n}": START * start[n].abs() for n in PRUNABLE}
    run = Momentum({n: w for n, w in start.items() if n not in PRUNABLE} | scores)
    chosen = set()
    for batch in batches:
        leaves = {n: w.clone().requires_grad_() for n, w in run.weights.items()}
        own = {n: leaves[f"score.{n}"] for n in PRUNABLE}
        hard = largest({n: s.detach() for n, s in own.items()}, KEPT, mask)
        chosen.add(tuple(torch.cat([hard[n].flatten() for n in PRUNABLE]).tolist()))
        # What is chosen in the forward pass, the score itself in the backward one.
        weights = {n: w for n, w in leaves.items() if n in start}
        weights |= {n: start[n] * (hard[n] + s - s.detach()) for n, s in own.items()}
        found = torch.autograd.grad(loss(weights, batch), list(leaves.values()))
        run.move(dict(zip(leaves, found)))
    assert len(chosen) == len(batches), "every step is to change the choice"
    return {n: run.weights[f"score.{n}"] for n in PRUNABLE}, run.weights


def synflow(random, result):
    """θ ∘ ∂R/∂θ, R the sum of the scores of a network of |θ| for a vector of ones."""
    layers = {"mlp.0": (6, 5), "mlp.1": (6, 6), "heads.digit": (4, 6)}
    weights = {}
    for name, shape in layers.items():
        weights[f"{name}.weight"] = numbers(random, *shape, scale=0.5)
        weights[f"{name}.bias"] = numbers(random, shape[0], scale=0.5)
    pruned = ["mlp.0.weight", "mlp.1.weight"]
    masks = {n: torch.from_numpy(random.random(weights[n].shape) < 0.7).double() for n in pruned}
    result |= {f"synflow.initial.{n}": w for n, w in weights.items()}
    result |= {f"synflow.mask.{n}": m for n, m in masks.items()}
    for prefix, mask in (("", {}), ("masked-", masks)):
        leaves = {n: (w * mask.get(n, torch.ones_like(w))).abs().requires_grad_()
                  for n, w in weights.items()}
        states = torch.ones(1, 5, dtype=torch.float64)
        for name in layers:
            states = nn.functional.linear(
                states, leaves[f"{name}.weight"], leaves[f"{name}.bias"])
            states = states.relu() if name in ("mlp.0", "mlp.1") else states
        slopes = torch.autograd.grad(states.sum(), [leaves[n] for n in pruned])
        result |= {f"{prefix}synflow.{n}": leaves[n] * g for n, g in zip(pruned, slopes)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "criteria.safetensors")
    random = numpy.random.default_rng(12)
    initial = {n: numbers(random, *p.shape, scale=0.5)
               for n, p in LOSS.model.named_parameters()}
    steps = list(small_batches(random, 6, SIZES["vocabulary"], SIZES["alphabet"]))
    batches = [batch for _, batch in steps]
    mask = {n: torch.from_numpy(random.random(initial[n].shape) < 0.7).double() for n in PRUNABLE}
    ones = {n: torch.ones_like(m) for n, m in mask.items()}
    result = stored(steps) | {f"initial.{n}": w for n, w in initial.items()}
    result |= {f"mask.{n}": m for n, m in mask.items()}
    result["settings"] = torch.tensor([RATE, MOMENTUM, CLIP, KEPT])
    for prefix, alive in (("", ones), ("masked-", mask)):
        start = {n: w * alive[n] if n in alive else w for n, w in initial.items()}
        snip, grasp = measured(start, alive, batches[:4])
        movement, change = trained(start, alive, batches)
        scores, others = learned(start, alive, batches)
        for name, found, worth in (
                ("snip", snip, torch.abs), ("grasp", grasp, torch.clone),
                ("movement", movement, torch.clone), ("change", change, torch.abs),
                ("scores", scores, torch.clone)):
            kept = largest({n: worth(v) for n, v in found.items()}, KEPT, alive)
            result |= {f"{prefix}{name}.{n}": v for n, v in found.items()}
            result |= {f"{prefix}{name}.kept.{n}": m for n, m in kept.items()}
        result |= {f"{prefix}scores.others.{n}": w for n, w in others.items()
                   if not n.startswith("score.")}
    synflow(random, result)
    save_file({n: t.detach().float().contiguous() for n, t in result.items()},
              parser.parse_args().out)


if __name__ == "__main__":
    main()
