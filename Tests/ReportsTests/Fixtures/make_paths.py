#!/usr/bin/env python3
"""Makes paths.safetensors: a controller of paths through modules, in plain PyTorch and NumPy.

Nothing is taken from the package: every path up to the greatest length is listed, torch.nn.LSTM reads
each by itself, and the most probable path of a task is the greatest product of softmaxes. Principal
components are NumPy's singular vectors, the farthest point of each on the positive side.

Everything is computed in float64 from numbers that float32 holds exactly. By task k: `path.k`
(modules from 1), `log_probability.k`, `steps.k` [steps, L + 1] (what cannot be chosen is 0).
"""

import itertools
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent
TASKS, MODULES, WIDTH, HIDDEN, LONGEST = 4, 4, 3, 5, 3


def main():
    torch.set_default_dtype(torch.float64)
    generator = torch.Generator().manual_seed(70)
    embedding = torch.nn.Embedding(TASKS + MODULES, WIDTH)
    lstm = torch.nn.LSTM(WIDTH, HIDDEN)
    output = torch.nn.Linear(HIDDEN, MODULES + 1)
    named = {f"controller.{part}.{name}": tensor for part, module in
             (("embedding", embedding), ("lstm", lstm), ("output", output))
             for name, tensor in module.named_parameters()}
    with torch.no_grad():
        for tensor in named.values():
            tensor.copy_((1.5 * torch.randn(tensor.shape, generator=generator)).float().double())

        def steps(task, path):
            """The probabilities of every choice along `path`, stopping behind it included."""
            read = torch.tensor([task] + [TASKS + module for module in path])
            scores = output(lstm(embedding(read)[:, None])[0][:, 0])[:LONGEST]
            scores[0, MODULES] = -torch.inf
            return torch.softmax(scores, dim=1)

        paths = [path for length in range(1, LONGEST + 1)
                 for path in itertools.product(range(MODULES), repeat=length)]
        result, found = dict(named), []
        for task in range(TASKS):
            def probability(path):
                table = steps(task, path)
                choices = (list(path) + [MODULES])[:LONGEST]
                return sum(torch.log(table[k, choice]).item() for k, choice in enumerate(choices))

            total = sum(numpy.exp(probability(path)) for path in paths)
            assert abs(total - 1) < 1e-12
            best = max(paths, key=probability)
            table = steps(task, best)
            found.append(best)
            result |= {f"path.{task}": torch.tensor(best) + 1.0,
                       f"log_probability.{task}": torch.tensor([probability(best)]),
                       f"steps.{task}": table}
        print(found)
        # Of every length, one with a module twice.
        assert {len(path) for path in found} == {1, 2, 3}
        assert any(len(set(path)) < len(path) for path in found)
        points = embedding.weight[:TASKS].numpy()
        points = points - points.mean(axis=0)
        left, singular, _ = numpy.linalg.svd(points, full_matrices=False)
        places = left[:, :2] * singular[:2]
        places *= [numpy.sign(column[abs(column).argmax()]) for column in places.T]
        result |= {"coordinates": torch.tensor(places),
                   "explained": torch.tensor(singular[:2] ** 2 / (singular ** 2).sum())}
    path = HERE / "paths.safetensors"
    save_file({n: t.detach().float().contiguous() for n, t in result.items()}, path)
    print(f"{path.name}: {len(result)} tensors, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
