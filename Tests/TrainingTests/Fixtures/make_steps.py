#!/usr/bin/env python3
"""Makes steps.safetensors: steps of several tasks (gradient passing, sums, uncertainties, PCGrad,
CAGrad), computed by PyTorch in float64 with exact double backward, and rounded to float32.

Three tasks over one BiLSTM: pos and chunk (softmax), ner (CRF). Every step has a batch of every
task. All tensors that more than one task reads are shared: everything but the heads. Updates are
torch.optim.SGD's with momentum; under masks only weights alive for one of the step's tasks move.
PCGrad is stored for two tasks, whose order does not matter; CAGrad's problem is solved by SciPy.
"""

import argparse
import sys
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file
from scipy.optimize import minimize
from torch import nn
from torch.func import functional_call

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "Tools"))
sys.path.insert(0, str(HERE.parents[1] / "LayersTests" / "Fixtures"))
from make_goldens import numbers, small_batches, stored  # noqa: E402
from pytorch_tagger import Tagger  # noqa: E402

TASKS = {"pos": (5, False), "ner": (5, True), "chunk": (5, False)}
NAMES = list(TASKS)
RATE, MOMENTUM, ETA, C = 0.1, 0.9, 0.5, 0.4
BETA = [[1, 0.5, 0.25], [2, 1, 0], [0.75, 1.5, 1]]
SIZES = dict(vocabulary=15, word_dim=5, alphabet=9, char_dim=4, filters=3, hidden=4, layers=2)


class Losses(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, batch, task):
        return self.model.heads[task].loss(self.model(batch, task), batch)


class Steps:
    """The weights, and the momentum, of one run."""

    def __init__(self, initial, masks=None, tasks=3):
        self.losses = Losses(Tagger(heads=TASKS, **SIZES).double())
        self.weights = {n: p.clone() for n, p in initial.items()}
        self.momentum = {n: torch.zeros_like(p) for n, p in initial.items()}
        self.masks = masks or {}
        self.tasks = NAMES[:tasks]
        self.shared = [n for n in initial if not n.startswith("heads.")]

    def loss(self, task, batch, weights):
        mask = self.masks.get(task, {})
        masked = {f"model.{n}": w * mask[n] if n in mask else w for n, w in weights.items()}
        return functional_call(self.losses, masked, (batch, task))

    def gradient(self, task, batch):
        leaves = {n: w.clone().requires_grad_() for n, w in self.weights.items()}
        value = self.loss(task, batch, leaves)
        found = torch.autograd.grad(value, list(leaves.values()), allow_unused=True)
        return value.detach(), {n: g for n, g in zip(leaves, found) if g is not None}

    def hessian(self, task, batch, v):
        """H·v of the shared tensors, exactly."""
        leaves = {n: w.clone().requires_grad_() for n, w in self.weights.items()}
        shared = [leaves[n] for n in self.shared]
        slopes = torch.autograd.grad(self.loss(task, batch, leaves), shared, create_graph=True)
        product = sum((g * v[n]).sum() for g, n in zip(slopes, self.shared))
        return dict(zip(self.shared, torch.autograd.grad(product, shared)))

    def move(self, gradient, tasks):
        for name, g in gradient.items():
            alive = [self.masks[t][name] for t in tasks if name in self.masks.get(t, {})]
            union = (sum(alive) > 0).double() if alive else torch.ones_like(g)
            v = torch.where(union > 0, MOMENTUM * self.momentum[name] + g, self.momentum[name])
            self.momentum[name] = v
            self.weights[name] = torch.where(union > 0, self.weights[name] - RATE * v,
                                             self.weights[name])

    def passing(self, k, batches, betas, second_order):
        """One step of task k, whose gradient is passed to the tasks that have a β."""
        leaves = {n: w.clone().requires_grad_() for n, w in self.weights.items()}
        own = self.loss(NAMES[k], batches[k], leaves)
        found = dict(zip(leaves, torch.autograd.grad(
            own, list(leaves.values()), create_graph=True, allow_unused=True)))
        fast = {n: w - ETA * (found[n] if second_order else found[n].detach())
                if n in self.shared else w for n, w in leaves.items()}
        partners = [(j, b) for j, b in betas if b != 0]
        passed = sum(b * self.loss(NAMES[j], batches[j], fast) for j, b in partners)
        total = torch.autograd.grad(own + passed, [leaves[n] for n in self.shared])
        gradient = {n: g.detach() for n, g in found.items()
                    if g is not None and n not in self.shared}
        gradient |= dict(zip(self.shared, total))
        self.move(gradient, [NAMES[k]] + [NAMES[j] for j, _ in partners])
        return torch.stack([own.detach(), passed.detach()])

    def joint(self, batches, balance, s=None):
        """One step of all tasks."""
        found = [self.gradient(t, b) for t, b in zip(self.tasks, batches)]
        losses = torch.stack([v for v, _ in found])
        gradients = [g for _, g in found]
        factors = torch.ones(len(found)) if s is None else torch.exp(-s) / 2
        total = {n: f * g for f, gs in zip(factors, gradients) for n, g in gs.items()
                 if n not in self.shared}
        if balance in ("sum", "uncertainty"):
            common = [{n: f * g[n] for n in self.shared} for f, g in zip(factors, gradients)]
        elif balance == "pcgrad":
            common = [self.project(i, gradients) for i in range(len(gradients))]
        else:
            common = self.averse(gradients)
        total |= {n: sum(g[n] for g in common) for n in self.shared}
        self.move(total, self.tasks)
        if s is None:
            return losses
        return losses, 0.5 - losses * torch.exp(-s) / 2

    def project(self, i, gradients):
        assert len(gradients) == 2
        own, other = gradients[i], dict(gradients[1 - i])
        for n, mask in self.masks.get(self.tasks[i], {}).items():
            other[n] = other[n] * mask
        dot = sum((own[n] * other[n]).sum() for n in self.shared)
        if dot >= 0:
            return {n: own[n] for n in self.shared}
        square = sum((other[n] ** 2).sum() for n in self.shared)
        return {n: own[n] - dot / square * other[n] for n in self.shared}

    def averse(self, gradients):
        flat = torch.stack([torch.cat([g[n].flatten() for n in self.shared]) for g in gradients])
        products = (flat @ flat.T).numpy()
        M = len(gradients)
        mean = numpy.full(M, 1 / M)
        norm = (mean @ products @ mean) ** 0.5
        best = minimize(lambda w: w @ products @ mean + C * norm * (w @ products @ w) ** 0.5, mean,
                        bounds=[(0, 1)] * M, constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
                        options={"ftol": 1e-14, "maxiter": 1000})
        pull = C * norm / (best.x @ products @ best.x) ** 0.5
        return [{n: M * (1 / M + pull * w) / (1 + C ** 2) * g[n] for n in self.shared}
                for w, g in zip(best.x, gradients)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "steps.safetensors")
    random = numpy.random.default_rng(11)
    model = Tagger(heads=TASKS, **SIZES).double()
    for p in model.parameters():
        p.data = numbers(random, *p.shape, scale=0.5)
    initial = {n: p.detach().clone() for n, p in model.named_parameters()}
    # Three steps of three batches, a task each in turn; their labels are below every task's C.
    batches = list(small_batches(random, 9, SIZES["vocabulary"], SIZES["alphabet"]))
    result = stored(batches) | {f"initial.{n}": p for n, p in initial.items()}
    steps = [[b for _, b in batches[3 * i:3 * i + 3]] for i in range(3)]
    masks = {task: {n: torch.from_numpy(random.random(p.shape) < 0.5).double()
                    for n, p in model.prunable().items()} for task in TASKS}
    result |= {f"mask.{t}.{n}": m for t, mask in masks.items() for n, m in mask.items()}
    result["beta"] = torch.tensor(BETA)

    # H·v of ner, v the gradient of chunk.
    for name, mask in (("hessian", None), ("masked-hessian", masks)):
        run = Steps(initial, mask)
        v = run.gradient("chunk", steps[0][2])[1]
        result |= {f"{name}.{n}": p for n, p in run.hessian("ner", steps[0][1], v).items()}

    def keep(name, run, losses):
        result[f"{name}.losses"] = torch.stack(losses)
        result.update({f"{name}.final.{n}": w for n, w in run.weights.items()})

    for name, mask in (("", None), ("masked-", masks)):
        for second in (False, True):
            order = "second-order" if second else "first-order"
            run = Steps(initial, mask, tasks=2)
            keep(f"{name}pairwise-{order}", run,
                 [run.passing(k, steps[i], [(1 - k, 1.0)], second)
                  for i, k in enumerate((0, 1, 0))])
            run = Steps(initial, mask)
            keep(f"{name}listwise-{order}", run,
                 [run.passing(k, steps[i], [(j, BETA[k][j]) for j in range(3) if j != k], second)
                  for i, k in enumerate((0, 1, 2))])
        for balance, tasks in (("sum", 3), ("pcgrad", 2), ("cagrad", 3)):
            run = Steps(initial, mask, tasks)
            keep(name + balance, run, [run.joint(b, balance) for b in steps])
        run = Steps(initial, mask)
        s, v, losses = torch.zeros(3, dtype=torch.float64), 0, []
        for b in steps:
            found, slope = run.joint(b, "uncertainty", s)
            v = MOMENTUM * v + slope
            s = s - RATE * v
            losses.append(found)
        keep(f"{name}uncertainty", run, losses)
        result[f"{name}uncertainty.s"] = s
    save_file({n: t.detach().float().contiguous() for n, t in result.items()},
              parser.parse_args().out)


if __name__ == "__main__":
    main()
