#!/usr/bin/env python3
"""How good are differences of gradients as Hessian products? Prints a table.

For a network of the published size (or --hidden, --layers) the product of a task's Hessian with the
gradient of another task is computed exactly in float64, by double backward, and by central
differences of float32 gradients, (g(θ + εv) - g(θ - εv)) / 2ε, for several ε‖v‖. Below, rounding
counts; above, curvature and the maxima of the character CNN, whose slopes jump. The tool uses 0.0003.
"""

import argparse

import torch
from pytorch_tagger import Batch, Tagger
from torch.func import functional_call

STEPS = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)


class Losses(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, batch, task):
        return self.model.heads[task].loss(self.model(batch, task), batch)


def batch(seed: int, sentences: int, length: int, words: int, classes: int) -> Batch:
    random = torch.Generator().manual_seed(seed)
    N = sentences * length
    return Batch(
        torch.full((length,), sentences), torch.randint(0, words, (N,), generator=random),
        torch.arange(N), torch.arange(N + 1) * 5, torch.randint(0, 80, (5 * N,), generator=random),
        torch.randint(0, classes, (N,), generator=random))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hidden", type=int, default=200)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--scale", type=float, default=1, help="of the initial weights")
    parser.add_argument("--draws", type=int, default=5, help="networks with a batch a task")
    options = parser.parse_args()
    torch.set_num_threads(1)
    errors = torch.tensor([draw(seed, options) for seed in range(options.draws)])
    print("  ε‖v‖  relative error: median     worst")
    for step, found in zip(STEPS, errors.T):
        print(f"{step:6.0e}                  {found.median():.1e}   {found.max():.1e}")


def draw(seed, options):
    """The relative errors for one network and a batch of either task."""
    torch.manual_seed(seed)
    model = Tagger(1000, 100, 80, 30, 30, options.hidden, options.layers,
                   {"a": (20, False), "b": (20, True)})
    losses = Losses(model)
    names = [n for n, _ in losses.named_parameters() if ".heads." not in n]
    weights = {n: p.detach() * options.scale for n, p in losses.named_parameters()}
    first, second = (batch(2 * seed + i, 10, 20, 1000, 20) for i in (0, 1))

    def gradient(task, batch, weights, **options):
        leaves = {n: w.clone().requires_grad_() for n, w in weights.items()}
        value = functional_call(losses, leaves, (batch, task))
        shared = [leaves[n] for n in names]
        return torch.autograd.grad(value, shared, **options), shared

    exact = {n: w.double() for n, w in weights.items()}
    v = [g.detach() for g in gradient("b", second, exact)[0]]
    norm = sum((x ** 2).sum() for x in v) ** 0.5
    g, shared = gradient("a", first, exact, create_graph=True)
    product = torch.autograd.grad(sum((x * y).sum() for x, y in zip(g, v)), shared)
    size = sum((x ** 2).sum() for x in product) ** 0.5
    errors = []
    for step in STEPS:
        epsilon = step / norm
        ends = []
        for sign in (1, -1):
            shifted = dict(weights)
            for n, x in zip(names, v):
                shifted[n] = (weights[n] + (sign * epsilon * x).float())
            ends.append(gradient("a", first, shifted)[0])
        errors.append(sum((((a.double() - b) / (2 * epsilon) - p) ** 2).sum()
                          for a, b, p in zip(*ends, product)) ** 0.5 / size)
    return errors


if __name__ == "__main__":
    main()
