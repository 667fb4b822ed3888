#!/usr/bin/env python3
"""Makes the golden values of this folder with PyTorch: layers, losses and whole training runs.

Everything is computed in float64 from inputs that float32 holds exactly, then rounded to float32.
Integers (ids, labels, sizes) are stored as float32 too. Tokens are packed longest sentence first,
by time step. Gradients of x are named x_gradient; `upstream` is the gradient of the output.

A task's step leaves the other tasks' heads alone, with their momentum (PyTorch's None gradients);
Adam counts steps per parameter. Words hold no character twice, so that no maximum has a tie.
"""

import argparse
import itertools
import sys
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file
from torch.nn.utils.rnn import PackedSequence

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "Tools"))
from pytorch_tagger import Batch, Tagger, character_cnn, crf_loss  # noqa: E402

SIZES = torch.tensor([4, 3, 3, 1, 1])  # sentences of 5, 3, 3 and 1 tokens
TASKS = {"pos": (4, False), "ner": (5, True)}
RATE, MOMENTUM, DECAY = 0.1, 0.9, 0.05


def numbers(random, *shape, scale=1.0):
    """Normal float64 numbers that float32 holds exactly."""
    values = (random.standard_normal(shape) * scale).astype(numpy.float32)
    return torch.from_numpy(values).double()


def integers(random, high, count):
    return torch.from_numpy(random.integers(0, high, count))


def gradients(names_to_tensors):
    return {f"{n}_gradient": t.grad for n, t in names_to_tensors.items()}


def bilstm(random):
    D, H, result = 7, 5, {"step_sizes": SIZES}
    for layers in (1, 2):
        lstm = torch.nn.LSTM(D, H, layers, bidirectional=True).double()
        for p in lstm.parameters():
            p.data = numbers(random, *p.shape, scale=0.5)
        x = numbers(random, int(SIZES.sum()), D).requires_grad_()
        upstream = numbers(random, int(SIZES.sum()), 2 * H)
        y = lstm(PackedSequence(x, SIZES))[0].data
        y.backward(upstream)
        parts = dict(lstm.named_parameters()) | {"input": x}
        parts |= gradients(parts) | {"output": y, "upstream": upstream}
        result |= {f"layers{layers}.{n}": t for n, t in parts.items()}
    return result


def words_of(random, lengths, alphabet):
    """Form starts and characters of words without repeated characters."""
    characters = [c for n in lengths for c in random.permutation(alphabet)[:n]]
    return torch.tensor([0, *itertools.accumulate(lengths)]), torch.tensor(characters)


def charcnn(random):
    alphabet, char_dim, filters = 11, 6, 5
    starts, characters = words_of(random, [4, 1, 2, 9, 1, 3], alphabet)
    table = torch.nn.Embedding(alphabet, char_dim)
    conv = torch.nn.Conv1d(char_dim, filters, 3, padding=1)
    for p in (table.weight, conv.weight, conv.bias):
        p.data = numbers(random, *p.shape)
    nothing = torch.zeros(0, dtype=torch.int64)
    y = character_cnn(table, conv, Batch(SIZES, nothing, nothing, starts, characters))
    upstream = numbers(random, *y.shape)
    y.backward(upstream)
    parts = {"characters.weight": table.weight, "conv.weight": conv.weight, "conv.bias": conv.bias}
    return parts | gradients(parts) | {
        "form_starts": starts, "characters": characters, "output": y, "upstream": upstream}


def charlstm(random):
    alphabet, char_dim, hidden = 11, 6, 4
    starts, characters = words_of(random, [4, 1, 2, 9, 1, 4], alphabet)
    table = torch.nn.Embedding(alphabet, char_dim).double()
    lstm = torch.nn.LSTM(char_dim, hidden, bidirectional=True).double()
    for p in (table.weight, *lstm.parameters()):
        p.data = numbers(random, *p.shape)
    # A form at a time: the last states as PyTorch gives them, forward beside backward.
    forms = [characters[a:b] for a, b in itertools.pairwise(starts)]
    y = torch.stack([lstm(table(form))[1][0].flatten() for form in forms])
    upstream = numbers(random, *y.shape)
    y.backward(upstream)
    parts = {"characters.weight": table.weight}
    parts |= {f"char_lstm.{n}": p for n, p in lstm.named_parameters()}
    return parts | gradients(parts) | {
        "form_starts": starts, "characters": characters, "output": y, "upstream": upstream}


def crf(random):
    C, N, B = 4, int(SIZES.sum()), int(SIZES[0])
    parts = {"emissions": numbers(random, N, C), "transitions": numbers(random, C, C),
             "start": numbers(random, C), "end": numbers(random, C)}
    emissions, transitions, start, end = (p.requires_grad_() for p in parts.values())
    labels = integers(random, C, N)
    loss = crf_loss(emissions, labels, SIZES, transitions, start, end)
    loss.backward()
    # Every path of every sentence: the best, the partition function and, as a check, the loss.
    offsets = [0, *itertools.accumulate(SIZES.tolist())]
    best, scores, partitions, losses = torch.zeros(N), [], [], []
    for b in range(B):
        rows = [offsets[t] + b for t in range(len(SIZES)) if b < SIZES[t]]
        paths = torch.tensor(list(itertools.product(range(C), repeat=len(rows))))
        score = start[paths[:, 0]] + end[paths[:, -1]] + emissions[rows, paths].sum(1)
        score = score + transitions[paths[:, :-1], paths[:, 1:]].sum(1)
        best[rows] = paths[score.argmax()].float()
        scores.append(score.max())
        partitions.append(score.logsumexp(0))
        losses.append(partitions[-1] - score[(paths == labels[rows]).all(1)][0])
    assert torch.isclose(loss, torch.stack(losses).mean(), rtol=1e-12)
    return parts | gradients(parts) | {
        "labels": labels, "step_sizes": SIZES, "loss": loss, "viterbi_path": best,
        "viterbi_scores": torch.stack(scores), "log_partitions": torch.stack(partitions)}


def softmax(random):
    logits, labels = numbers(random, 12, 4, scale=3).requires_grad_(), integers(random, 4, 12)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    return {"logits": logits, "labels": labels, "loss": loss, "logits_gradient": logits.grad}


def vectors(random):
    """Two fully connected layers under masks, a linear map to a value, mean squared error."""
    n, D, H, result = 9, 7, 6, {}
    layers = torch.nn.ModuleList([torch.nn.Linear(D, H), torch.nn.Linear(H, H)]).double()
    head = torch.nn.Linear(H, 1).double()
    for p in [*layers.parameters(), *head.parameters()]:
        p.data = numbers(random, *p.shape, scale=0.5)
    x = numbers(random, n, D).requires_grad_()
    gold = numbers(random, n, scale=3)
    states = x
    for i, layer in enumerate(layers):
        mask = torch.from_numpy(random.random(layer.weight.shape) < 0.5)
        result[f"{i}.mask"] = mask.double()
        states = torch.relu(torch.nn.functional.linear(states, layer.weight * mask, layer.bias))
    scores = head(states)
    loss = torch.nn.functional.mse_loss(scores[:, 0], gold)
    loss.backward()
    parts = dict(layers.named_parameters()) | {"x": x}
    parts |= {f"head.{n}": p for n, p in head.named_parameters()}
    return result | parts | gradients(parts) | {"states": states, "gold": gold, "loss": loss}


def small_model(random, **sizes):
    model = Tagger(heads=TASKS, **sizes).double()
    for p in model.parameters():
        p.data = numbers(random, *p.shape, scale=0.6)
    return model


def small_batches(random, count, vocabulary, alphabet):
    """Batches of different shapes, alternating between the two tasks; repeated forms, unknowns."""
    shapes = [[4, 3, 3, 1, 1], [2, 2, 1], [3, 2, 1, 1], [1], [4, 4, 2], [2, 1, 1, 1, 1, 1]]
    for step in range(count):
        sizes = torch.tensor(shapes[step % len(shapes)])
        N, task = int(sizes.sum()), list(TASKS)[step % 2]
        lengths = random.integers(1, 6, max(1, N - 2)).tolist()
        starts, characters = words_of(random, lengths, alphabet)
        forms = torch.arange(N) % (len(starts) - 1)
        yield task, Batch(sizes, integers(random, vocabulary, N), forms, starts, characters,
                          integers(random, TASKS[task][0], N))


def stored(steps):
    result = {"tasks": torch.tensor([list(TASKS).index(task) for task, _ in steps])}
    for k, (_, b) in enumerate(steps):
        parts = ("step_sizes", "words", "forms", "form_starts", "characters", "labels")
        result |= {f"step{k}.{n}": getattr(b, n) for n in parts}
    return result


def copied(prefix, tensors):
    return {f"{prefix}.{n}": t.detach().clone() for n, t in tensors.items()}


def strict_step(model, mask, momenta, rate, clip):
    """Clips over masked gradients; momentum and weights move only where the mask is 1."""
    moving = {n: p for n, p in model.named_parameters() if p.grad is not None}
    norm = torch.nn.utils.clip_grad_norm_(moving.values(), clip)
    for name, p in moving.items():
        alive = mask.get(name, torch.ones_like(p)).bool()
        velocity = momenta.setdefault(name, torch.zeros_like(p))
        velocity[alive] = MOMENTUM * velocity[alive] + p.grad[alive]
        p.data[alive] -= rate * velocity[alive]
    return norm


def optimiser_step(model, optimiser, rate, clip):
    optimiser.param_groups[0]["lr"] = rate
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimiser.step()
    return norm


def run(model, steps, masks, base, step):
    """Alternating steps, three an epoch: losses, norms before clipping and learning rates."""
    history = {"losses": [], "norms": [], "learning_rates": []}
    for k, (task, batch) in enumerate(steps):
        mask, rate = masks.get(task, {}), base / (1 + DECAY * (k // 3))
        model.zero_grad(set_to_none=True)
        weights = {n: p * mask[n] for n, p in model.prunable().items() if n in mask}
        logits = torch.func.functional_call(model, weights, (batch, task))
        loss = model.heads[task].loss(logits, batch)
        loss.backward()
        norm = step(mask, rate)
        for values, value in zip(history.values(), (loss, norm, torch.tensor(rate))):
            values.append(value.detach().double())
    return {n: torch.stack(v) for n, v in history.items()}


def training(random):
    sizes = dict(vocabulary=15, word_dim=5, alphabet=9, char_dim=4, filters=3, hidden=4, layers=2)
    model = small_model(random, **sizes)
    steps, clip = list(small_batches(random, 6, 15, 9)), 1.0
    initial = {n: p.detach().clone() for n, p in model.named_parameters()}
    result = stored(steps) | copied("initial", initial) | {"clip": torch.tensor(clip)}
    result["momentum"] = torch.tensor(MOMENTUM)

    sgd = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
    history = run(model, steps, {}, RATE, lambda _, rate: optimiser_step(model, sgd, rate, clip))
    assert (history["norms"] > clip).any() and (history["norms"] < clip).any(), history["norms"]
    result |= history | copied("final", dict(model.named_parameters()))

    adam_model = Tagger(heads=TASKS, **sizes).double()
    adam_model.load_state_dict(initial)
    adam = torch.optim.Adam(adam_model.parameters(), lr=0.01)
    history = run(adam_model, steps[:3], {}, 0.01,
                  lambda _, rate: optimiser_step(adam_model, adam, rate, clip))
    result |= copied("adam", history | {
        f"final.{n}": p for n, p in adam_model.named_parameters()})

    # The strict step without masks must be SGD: the masked fixture rests on it.
    plain, momenta = Tagger(heads=TASKS, **sizes).double(), {}
    plain.load_state_dict(initial)
    run(plain, steps, {}, RATE, lambda mask, rate: strict_step(plain, mask, momenta, rate, clip))
    for (name, p), q in zip(model.named_parameters(), plain.parameters()):
        assert torch.allclose(p, q, rtol=1e-12, atol=1e-14), name
    return result


def masked(random):
    model = small_model(random, vocabulary=12, word_dim=4, alphabet=8, char_dim=4, filters=3,
                        hidden=4, layers=2)
    steps, clip, momenta = list(small_batches(random, 6, 12, 8)), 1.0, {}
    masks = {task: {n: torch.from_numpy((random.random(p.shape) < 0.4)).double()
                    for n, p in model.prunable().items()} for task in TASKS}
    result = stored(steps) | copied("initial", dict(model.named_parameters()))
    result |= {"clip": torch.tensor(clip), "momentum": torch.tensor(MOMENTUM)}
    for task, mask in masks.items():
        result |= copied(f"mask.{task}", mask)
    history = run(model, steps, masks, RATE,
                  lambda mask, rate: strict_step(model, mask, momenta, rate, clip))
    assert (history["norms"] > clip).any() and (history["norms"] < clip).any(), history["norms"]
    for name, p in model.prunable().items():
        dead = sum(mask[name] for mask in masks.values()) == 0
        assert dead.any() and (p[dead] == result[f"initial.{name}"][dead]).all(), name
    return result | history | copied("final", dict(model.named_parameters()))


def adadelta(random):
    """Without masks, then with them: what a task's mask does not hold is put back after its step."""
    sizes = dict(vocabulary=15, word_dim=5, alphabet=9, char_dim=4, filters=3, hidden=4, layers=2)
    model = small_model(random, **sizes)
    steps, base, clip = list(small_batches(random, 12, 15, 9)), 3.0, 1.0
    initial = {n: p.detach().clone() for n, p in model.named_parameters()}
    masks = {task: {n: torch.from_numpy((random.random(p.shape) < 0.4)).double()
                    for n, p in model.prunable().items()} for task in TASKS}
    result = stored(steps) | copied("initial", initial) | {"clip": torch.tensor(clip)}
    for task, mask in masks.items():
        result |= copied(f"mask.{task}", mask)

    for prefix, masks in (("", {}), ("masked.", masks)):
        model.load_state_dict(initial)
        optimiser = torch.optim.Adadelta(model.parameters(), lr=base, rho=0.9, eps=1e-6)

        def step(mask, rate):
            prunable = model.prunable().items()
            for n, p in prunable:  # the optimiser makes its state in a parameter's first step
                if p.grad is not None and p not in optimiser.state:
                    optimiser.state[p] = {"step": torch.tensor(0.0),
                                          "square_avg": torch.zeros_like(p),
                                          "acc_delta": torch.zeros_like(p)}
            kept = [(t, mask[n] == 0, t.detach().clone()) for n, p in prunable if n in mask
                    for t in (p.data, optimiser.state[p]["square_avg"],
                              optimiser.state[p]["acc_delta"])]
            norm = optimiser_step(model, optimiser, rate, clip)
            for tensor, dead, before in kept:
                tensor[dead] = before[dead]
            return norm

        history = run(model, steps, masks, base, step)
        assert (history["norms"] > clip).any() and (history["norms"] < clip).any()
        final = copied("final", dict(model.named_parameters()))
        result |= {prefix + n: t for n, t in (history | final).items()}
    # Rows of the embedding that wait for a gradient, and get one again later, are what is tested.
    seen = [set(batch.words.tolist()) for _, batch in steps]
    assert any(w in a and w not in b and w in c for a, b, c in zip(seen, seen[1:], seen[2:])
               for w in range(15))
    return result


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE, help="folder (default: the script's)")
    folder = parser.parse_args().out
    makers = (bilstm, charcnn, crf, softmax, training, masked, charlstm, adadelta, vectors)
    for seed, make in enumerate(makers):
        tensors = make(numpy.random.default_rng(seed))
        path = folder / f"{make.__name__}.safetensors"
        save_file({n: t.detach().float().reshape(t.shape or (1,)).contiguous()
                   for n, t in tensors.items()}, path)
        print(f"{path.name}: {len(tensors)} tensors, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
