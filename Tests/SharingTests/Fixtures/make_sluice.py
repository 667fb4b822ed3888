#!/usr/bin/env python3
"""Makes sluice.safetensors: a sluice network written a second time, in plain PyTorch.

Nothing is taken from the package's other scripts: sentences pass through torch.nn.LSTM one at a
time, so that no order of packed tokens matters; a stack's states are cut as [direction, subspace,
unit]; α multiplies the 2M subspaces of all tasks; the CRF's partition function is the sum over all
paths. Three tasks, K = 2 layers, subspaces, orthogonality penalty, learned β, hidden layers in the
heads, a character BiLSTM, loss weights.

Everything is computed in float64 from numbers that float32 holds exactly. Tokens are stored by time
step, longest sentence first; integers as float32. For every task: scores, loss, Ω and gradients of
λ · loss + Ω. Then steps of torch.optim.SGD with momentum over tasks in turn: losses and final
weights.
"""

import argparse
import itertools
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).resolve().parent
WORDS, WORD_DIM, CHARACTERS, CHAR_DIM, CHAR_HIDDEN = 9, 4, 7, 3, 2
HIDDEN, LAYERS, HEAD_HIDDEN = 4, 2, 5
TASKS = {"pos": (3, False, 1.0), "ner": (4, True, 0.5), "chunk": (2, False, 2.0)}  # C, CRF, λ
PENALTY, RATE, MOMENTUM = 0.01, 0.1, 0.9
LENGTHS = [[4, 3, 1], [3, 3], [2, 1, 1, 1], [5], [4, 4, 2], [1, 1], [3, 2, 1]]


class Sluice(nn.Module):
    def __init__(self):
        super().__init__()
        M = len(TASKS)
        self.words = nn.Embedding(WORDS, WORD_DIM)
        self.characters = nn.Embedding(CHARACTERS, CHAR_DIM)
        self.char_lstm = nn.LSTM(CHAR_DIM, CHAR_HIDDEN, bidirectional=True)
        widths = [WORD_DIM + 2 * CHAR_HIDDEN] + [2 * HIDDEN] * (LAYERS - 1)
        self.stacks = nn.ModuleDict({task: nn.ModuleList(
            nn.LSTM(width, HIDDEN, bidirectional=True) for width in widths) for task in TASKS})
        self.alpha = nn.ParameterList(torch.zeros(2 * M, 2 * M) for _ in range(LAYERS))
        self.beta = nn.ParameterDict({task: torch.zeros(LAYERS) for task in TASKS})
        self.hidden = nn.ModuleDict({task: nn.Linear(2 * HIDDEN, HEAD_HIDDEN) for task in TASKS})
        self.out = nn.ModuleDict({t: nn.Linear(HEAD_HIDDEN, c) for t, (c, _, _) in TASKS.items()})
        self.crf = nn.ModuleDict({t: nn.ParameterDict({
            "transitions": torch.zeros(c, c), "start": torch.zeros(c), "end": torch.zeros(c)})
            for t, (c, crf, _) in TASKS.items() if crf})

    def features(self, sentence):
        vectors = []
        for word, characters in sentence:
            _, (last, _) = self.char_lstm(self.characters(torch.tensor(characters)))
            vectors.append(torch.cat([self.words.weight[word], last[0], last[1]]))
        return torch.stack(vectors)

    def scores(self, sentence, task):
        """[T, C] for one sentence [(word, characters)]."""
        inputs, layers = {t: self.features(sentence) for t in TASKS}, []
        for k in range(LAYERS):
            states = [self.stacks[t][k](inputs[t])[0] for t in TASKS]
            # [T, 2H] -> [T, direction, subspace, H/2]; the subspaces of all tasks one below another.
            parts = [s.reshape(len(s), 2, 2, HIDDEN // 2) for s in states]
            mixed = torch.einsum("ab,tdbu->tdau", self.alpha[k], torch.cat(parts, dim=2))
            inputs = {t: mixed[:, :, 2 * m:2 * m + 2].reshape(len(sentence), 2 * HIDDEN)
                      for m, t in enumerate(TASKS)}
            layers.append(inputs[task])
        mixture = sum(b * layer for b, layer in zip(self.beta[task], layers))
        return self.out[task](torch.relu(self.hidden[task](mixture)))

    def loss(self, scores, labels, task):
        """Over lists of sentences: cross entropy a token, or the CRF's a sentence."""
        if task not in self.crf:
            return nn.functional.cross_entropy(torch.cat(scores), torch.cat(labels))
        crf, losses = self.crf[task], []

        def score(emissions, path):
            moves = crf["transitions"][path[:-1], path[1:]].sum()
            inner = emissions[torch.arange(len(path)), path].sum()
            return crf["start"][path[0]] + inner + moves + crf["end"][path[-1]]

        for emissions, gold in zip(scores, labels):
            paths = itertools.product(range(emissions.shape[1]), repeat=len(emissions))
            every = torch.stack([score(emissions, torch.tensor(p)) for p in paths])
            losses.append(every.logsumexp(0) - score(emissions, gold))
        return torch.stack(losses).mean()

    def penalty(self):
        """w · Σ ‖G₁ᵀG₂‖_F² over the input matrices [4H, D] of all directions."""
        total = 0
        for stack in self.stacks.values():
            for layer in stack:
                for matrix in (layer.weight_ih_l0, layer.weight_ih_l0_reverse):
                    gates = matrix.reshape(4, 2, HIDDEN // 2, -1)
                    first, second = (gates[:, s].flatten(0, 1).T for s in (0, 1))  # [D, 2H]
                    total = total + (first.T @ second).square().sum()
        return PENALTY * total

    def named(self):
        """Parameters by their names in weights files."""
        result = {"words.weight": self.words.weight, "characters.weight": self.characters.weight}
        result |= {f"char_lstm.{n}": p for n, p in self.char_lstm.named_parameters()}
        for task, stack in self.stacks.items():
            for k, layer in enumerate(stack):
                result |= {f"lstm.{task}.{n.replace('l0', f'l{k}')}": p
                           for n, p in layer.named_parameters()}
        result |= {f"stitch.alpha_l{k}": p for k, p in enumerate(self.alpha)}
        for task in TASKS:
            result[f"stitch.beta.{task}"] = self.beta[task]
            result |= {f"heads.{task}.hidden.{n}": p
                       for n, p in self.hidden[task].named_parameters()}
            result |= {f"heads.{task}.{n}": p for n, p in self.out[task].named_parameters()}
            result |= {f"heads.{task}.{n}": p for n, p in self.crf[task].items()} \
                if task in self.crf else {}
        assert len(result) == len(list(self.parameters()))
        return result


def packed(sentences):
    """What stands at every token, by time step."""
    return [s[t] for t in range(len(sentences[0])) for s in sentences if t < len(s)]


def batch(random, lengths, task):
    """Sentences of (word, characters), their labels, and both as a batch stores them."""
    forms = [random.integers(0, CHARACTERS, n).tolist() for n in random.integers(1, 5, 4)]
    ids = [random.integers(0, 4, n).tolist() for n in lengths]
    words = [random.integers(0, WORDS, n).tolist() for n in lengths]
    labels = [torch.from_numpy(random.integers(0, TASKS[task][0], n)) for n in lengths]
    sentences = [[(w, forms[f]) for w, f in zip(*pair)] for pair in zip(words, ids)]
    stored = {
        "step_sizes": [sum(n > t for n in lengths) for t in range(lengths[0])],
        "words": packed(words), "forms": packed(ids), "labels": packed(labels),
        "form_starts": [0, *itertools.accumulate(map(len, forms))],
        "characters": sum(forms, []), "task": [list(TASKS).index(task)]}
    return sentences, labels, {n: torch.tensor(v) for n, v in stored.items()}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE, help="folder (default: the script's)")
    path = parser.parse_args().out / "sluice.safetensors"
    random = numpy.random.default_rng(0)
    model = Sluice().double()
    for p in model.parameters():
        values = (random.standard_normal(p.shape) * 0.6).astype(numpy.float32)
        p.data = torch.from_numpy(values).double()
    named, result = model.named(), {}
    result |= {f"initial.{n}": p.detach().clone() for n, p in named.items()}
    steps = [(list(TASKS)[k % 3], lengths) for k, lengths in enumerate(LENGTHS)]
    batches = [(task, *batch(random, lengths, task)) for task, lengths in steps]

    def step(k):
        task, sentences, labels, _ = batches[k]
        model.zero_grad(set_to_none=True)
        scores = [model.scores(s, task) for s in sentences]
        loss, penalty = model.loss(scores, labels, task), model.penalty()
        (TASKS[task][2] * loss + penalty).backward()
        return task, scores, loss, penalty

    for k, (_, _, _, stored) in enumerate(batches):
        result |= {f"step{k}.{n}": v for n, v in stored.items()}
    for k in range(len(TASKS)):
        task, scores, loss, penalty = step(k)
        result |= {f"{task}.scores": torch.stack(packed(scores)), f"{task}.loss": loss,
                   f"{task}.penalty": penalty}
        result |= {f"{task}.gradient.{n}": p.grad.clone() for n, p in named.items()
                   if n.startswith(("stitch", "words", "char")) or "weight_ih" in n
                   if p.grad is not None}

    optimiser, losses = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM), []
    for k in range(len(batches)):
        losses.append(step(k)[2].detach())
        optimiser.step()
    result |= {"losses": torch.stack(losses), "rate": torch.tensor(RATE),
               "momentum": torch.tensor(MOMENTUM), "orthogonality": torch.tensor(PENALTY),
               "loss_weights": torch.tensor([weight for _, _, weight in TASKS.values()])}
    result |= {f"final.{n}": p for n, p in named.items()}
    save_file({n: t.detach().float().reshape(t.shape or (1,)).contiguous()
               for n, t in result.items()}, path)
    print(f"{path.name}: {len(result)} tensors, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
