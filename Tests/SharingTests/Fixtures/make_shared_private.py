#!/usr/bin/env python3
"""Makes shared_private.safetensors: shared and private encoders with losses on their states.

The networks are written a second time, in plain PyTorch, from the parts of make_sluice.py: three
tasks, hidden layers in the heads, a character BiLSTM, loss weights. Two of them: side by side with
2 layers and mean vectors of sentences, stacked with 1 layer and the vectors where either direction
ends. Both have a task discriminator behind gradient reversal (weight 0.5) and the penalty ‖SᵀP‖_F²
(weight 0.25).

Computed in float64 from numbers that float32 holds exactly. For each network and task: scores, loss,
both losses on states with their weights, and the gradients of λ · loss plus both.
"""

import argparse
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file
from torch import nn

from make_sluice import (CHAR_DIM, CHAR_HIDDEN, CHARACTERS, HEAD_HIDDEN, HIDDEN, TASKS, WORD_DIM,
                         WORDS, Sluice, batch, packed)

HERE = Path(__file__).resolve().parent
ADVERSARY, ORTHOGONALITY = 0.5, 0.25
FORMS = {"beside": (2, False, "mean"), "stacked": (1, True, "last")}  # layers, stacked?, vectors
LENGTHS = [[4, 3, 1], [3, 3], [2, 1, 1, 1]]


class Reversal(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        return x.clone()

    @staticmethod
    def backward(context, gradient):
        return -gradient


class SharedPrivate(nn.Module):
    features, loss = Sluice.features, Sluice.loss

    def __init__(self, layers, is_stacked, vectors):
        super().__init__()
        self.is_stacked, self.vectors = is_stacked, vectors
        width, states = WORD_DIM + 2 * CHAR_HIDDEN, 2 * HIDDEN
        self.words = nn.Embedding(WORDS, WORD_DIM)
        self.characters = nn.Embedding(CHARACTERS, CHAR_DIM)
        self.char_lstm = nn.LSTM(CHAR_DIM, CHAR_HIDDEN, bidirectional=True)
        self.shared = nn.LSTM(width, HIDDEN, layers, bidirectional=True)
        self.private = nn.ModuleDict({task: nn.LSTM(
            states if is_stacked else width, HIDDEN, layers, bidirectional=True) for task in TASKS})
        read = states if is_stacked else 2 * states
        self.hidden = nn.ModuleDict({task: nn.Linear(read, HEAD_HIDDEN) for task in TASKS})
        self.out = nn.ModuleDict({t: nn.Linear(HEAD_HIDDEN, c) for t, (c, _, _) in TASKS.items()})
        self.crf = nn.ModuleDict({t: nn.ParameterDict({
            "transitions": torch.zeros(c, c), "start": torch.zeros(c), "end": torch.zeros(c)})
            for t, (c, crf, _) in TASKS.items() if crf})
        self.adversary = nn.Linear(states, len(TASKS))

    def forward(self, sentence, task):
        """Scores [T, C] of one sentence, and the vectors [2H] of its shared and private states."""
        inputs = self.features(sentence)
        shared = self.shared(inputs)[0]
        own = self.private[task](shared if self.is_stacked else inputs)[0]
        read = own if self.is_stacked else torch.cat([shared, own], dim=1)
        scores = self.out[task](torch.relu(self.hidden[task](read)))
        return scores, self.vector(shared), self.vector(own)

    def vector(self, states):
        if self.vectors == "mean":
            return states.mean(dim=0)
        return torch.cat([states[-1, :HIDDEN], states[0, HIDDEN:]])

    def on_states(self, shared, own, task):
        """The adversary's loss and the penalty over sentences' vectors [B, 2H]."""
        labels = torch.full((len(shared),), list(TASKS).index(task))
        told = nn.functional.cross_entropy(self.adversary(Reversal.apply(shared)), labels)
        # Every pair of a shared and a private number, summed over sentences.
        products = torch.einsum("bi,bj->ij", shared, own)
        return ADVERSARY * told, ORTHOGONALITY * (products ** 2).sum()

    def named(self):
        """Parameters by their names in weights files."""
        result = {"words.weight": self.words.weight, "characters.weight": self.characters.weight}
        result |= {f"char_lstm.{n}": p for n, p in self.char_lstm.named_parameters()}
        result |= {f"lstm.{n}": p for n, p in self.shared.named_parameters()}
        result |= {f"adversary.{n}": p for n, p in self.adversary.named_parameters()}
        for task in TASKS:
            result |= {f"lstm.{task}.{n}": p for n, p in self.private[task].named_parameters()}
            result |= {f"heads.{task}.hidden.{n}": p
                       for n, p in self.hidden[task].named_parameters()}
            result |= {f"heads.{task}.{n}": p for n, p in self.out[task].named_parameters()}
            result |= {f"heads.{task}.{n}": p for n, p in self.crf[task].items()} \
                if task in self.crf else {}
        assert len(result) == len(list(self.parameters()))
        return result


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE, help="folder (default: the script's)")
    path = parser.parse_args().out / "shared_private.safetensors"
    random = numpy.random.default_rng(1)
    batches = {task: batch(random, lengths, task) for task, lengths in zip(TASKS, LENGTHS)}
    result = {"adversary": torch.tensor(ADVERSARY), "orthogonality": torch.tensor(ORTHOGONALITY),
              "loss_weights": torch.tensor([weight for _, _, weight in TASKS.values()])}
    for task, (_, _, stored) in batches.items():
        result |= {f"{task}.{n}": v for n, v in stored.items()}
    for form, (layers, is_stacked, vectors) in FORMS.items():
        model = SharedPrivate(layers, is_stacked, vectors).double()
        for p in model.parameters():
            values = (random.standard_normal(p.shape) * 0.6).astype(numpy.float32)
            p.data = torch.from_numpy(values).double()
        named = model.named()
        result |= {f"{form}.initial.{n}": p.detach().clone() for n, p in named.items()}
        for task, (sentences, labels, _) in batches.items():
            model.zero_grad(set_to_none=True)
            scores, shared, own = zip(*(model(s, task) for s in sentences))
            loss = model.loss(scores, labels, task)
            told, square = model.on_states(torch.stack(shared), torch.stack(own), task)
            (TASKS[task][2] * loss + told + square).backward()
            key = f"{form}.{task}"
            result |= {f"{key}.scores": torch.stack(packed(scores)), f"{key}.loss": loss,
                       f"{key}.adversary": told, f"{key}.orthogonal-states": square}
            result |= {f"{key}.gradient.{n}": p.grad.clone() for n, p in named.items()
                       if p.grad is not None}
    save_file({n: t.detach().float().reshape(t.shape or (1,)).contiguous()
               for n, t in result.items()}, path)
    print(f"{path.name}: {len(result)} tensors, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
