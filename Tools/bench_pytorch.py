#!/usr/bin/env python3
"""Measures the PyTorch peer: the published tagger (words, character CNN, BiLSTM, one softmax
head a task) on column files, tasks taking turns, in tokens a second, as JSON.

In PyTorch's favour: batches are read, bucketed and turned into tensors before the clock starts,
the character CNN runs once a distinct form, LSTM and optimiser variants are the fastest found
(--lstm, --sgd compare them), there is no word dropout, masks for --mode predict are applied once
in all, and momentum is left to move masked weights. With --density below 1 every task has a
random mask that is multiplied into the prunable weights once a training step.
"""

import argparse
import functools
import json
import multiprocessing
import os
import random
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch

from pytorch_tagger import Batch, Tagger

POOL = 50  # batches' worth of sentences that are sorted by length together


@functools.cache
def read_columns(paths, columns):
    """Sentences of tuples: the given columns of every token."""
    sentences, current = [], []
    for path in paths:
        text = path.read_text("utf-8-sig")
        for number, line in enumerate([*text.splitlines(), ""], 1):
            if line.startswith("#") and "\t" in text and "\t" not in line:
                continue  # a comment, as in what `tickets data builtin` writes
            fields = line.split()
            if not fields or fields[0] == "-DOCSTART-":
                if current:
                    sentences.append(current)
                current = []
            elif len(fields) <= max(columns):
                sys.exit(f"{path}:{number}: expected {max(columns) + 1} columns, "
                         f"found {len(fields)}")
            else:
                current.append(tuple(fields[c] for c in columns))
    return sentences


def ids(values, unknown=0):
    """Numbers for distinct values, most frequent first, `unknown` numbers kept free."""
    return {v: i + unknown for i, (v, _) in enumerate(Counter(values).most_common())}


@dataclass
class Vocabulary:
    """Numbers of what a model knows; those of words and characters begin at 1, 0 is unknown."""

    words: dict[str, int]  # lower-cased
    characters: dict[str, int]
    labels: list[dict[str, int]]  # of every task

    @classmethod
    def of(cls, sentences):
        """What stands in sentences of (word, label, label, …)."""
        tasks = range(1, len(sentences[0][0]))
        return cls(ids((t[0].lower() for s in sentences for t in s), 1),
                   ids((c for s in sentences for t in s for c in t[0]), 1),
                   [ids(t[k] for s in sentences for t in s) for k in tasks])


def buckets(sentences, size, order):
    """Shuffles, sorts pools of 50 batches by length, cuts: lists of sentences, longest first."""
    shuffled, result = sentences[:], []
    order.shuffle(shuffled)
    for start in range(0, len(shuffled), POOL * size):
        pool = sorted(shuffled[start:start + POOL * size], key=len, reverse=True)
        result += [pool[i:i + size] for i in range(0, len(pool), size)]
    return result


def pack(group, task, vocabulary):
    """The batch of sentences, longest first, with labels of the task-th task, -1 if unknown."""
    tokens = [s[t] for t in range(len(group[0])) for s in group if t < len(s)]
    forms = {t[0]: None for t in tokens}
    forms = {f: i for i, f in enumerate(forms)}
    starts = torch.tensor([0, *(len(f) for f in forms)]).cumsum(0)
    labels = vocabulary.labels[task]
    batch = Batch(
        torch.tensor([sum(t < len(s) for s in group) for t in range(len(group[0]))]),
        torch.tensor([vocabulary.words.get(t[0].lower(), 0) for t in tokens]),
        torch.tensor([forms[t[0]] for t in tokens]), starts,
        torch.tensor([vocabulary.characters.get(c, 0) for f in forms for c in f]),
        torch.tensor([labels.get(t[task + 1], -1) for t in tokens]))
    prepare(batch)
    return batch


def batches(sentences, size, tasks, seed):
    """Buckets in random order, a list per task, and the vocabulary."""
    vocabulary, result = Vocabulary.of(sentences), {}
    for k, task in enumerate(tasks):
        order = random.Random(seed + k)
        result[task] = [pack(g, k, vocabulary) for g in buckets(sentences, size, order)]
        order.shuffle(result[task])
    return result, vocabulary


def prepare(batch):
    """Indices that take packed tokens to padded [T, B] places, and their reversal in time."""
    sizes = batch.step_sizes
    batch.step = torch.arange(len(sizes)).repeat_interleave(sizes)
    batch.row = torch.arange(len(batch.words)) - (sizes.cumsum(0) - sizes).repeat_interleave(sizes)
    batch.lengths = (sizes[:, None] > torch.arange(int(sizes[0]))).sum(0)
    batch.back = batch.lengths[batch.row] - 1 - batch.step


class Peer(Tagger):
    """The tagger with a choice of LSTM calls; `padded` reaches oneDNN's LSTM, `packed` does not."""

    kind = "padded"

    def recurrent(self, inputs, batch):
        if self.kind == "packed":
            return super().recurrent(inputs, batch)
        T, B = len(batch.step_sizes), int(batch.step_sizes[0])
        for layer in range(self.lstm.num_layers):
            # Each direction on its own: the backward one reads each sentence reversed, so that
            # padding stands behind the sentence in both and results are those of packing.
            outputs = []
            for suffix, step in (("", batch.step), ("_reverse", batch.back)):
                weights = [getattr(self.lstm, f"{part}_l{layer}{suffix}")
                           for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
                padded = inputs.new_zeros(T, B, inputs.shape[1])
                padded = padded.index_put((step, batch.row), inputs)
                state = inputs.new_zeros(1, B, self.lstm.hidden_size)
                y = torch.lstm(padded, (state, state), weights, True, 1, 0.0, self.training,
                               False, False)[0]
                outputs.append(y[step, batch.row])
            inputs = torch.cat(outputs, dim=1)
        return inputs


def peer(options, vocabulary, tasks):
    """A fresh model."""
    model = Peer(len(vocabulary.words) + 1, options.word_dim, len(vocabulary.characters) + 1,
                 options.char_dim, options.char_filters, options.hidden, options.layers,
                 {t: (len(c), False) for t, c in zip(tasks, vocabulary.labels)}, dropout=0.5)
    model.kind = options.lstm
    return model


def sgd(model, variant):
    """SGD with momentum, `foreach` or `fused`."""
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, **{variant: True})
    # The fused variant wants every momentum to exist before some gradients are absent.
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimiser.step()
    return optimiser


def masked(model, masks):
    """Prunable weights times masks; nothing without masks."""
    return {n: p * masks[n] for n, p in model.prunable().items() if masks}


def logits(model, weights, batch, task):
    """A task's logits with `weights` in the place of the model's own."""
    if not weights:
        return model(batch, task)
    return torch.func.functional_call(model, weights, (batch, task))


def update(model, optimiser, masks, batch, task):
    """One step of training."""
    optimiser.zero_grad(set_to_none=True)
    output = logits(model, masked(model, masks), batch, task)
    model.heads[task].loss(output, batch).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0, foreach=True)
    optimiser.step()


class Bench:
    """A model, its batches and one step of it."""

    def __init__(self, options, seed):
        tasks = dict(t.split("=") for t in options.tasks.split(","))
        columns = (options.word_column, *map(int, tasks.values()))
        sentences = read_columns(tuple(options.train), columns)
        self.data, vocabulary = batches(sentences, options.batch, list(tasks), seed)
        torch.manual_seed(seed)
        self.model = peer(options, vocabulary, tasks)
        self.training = options.mode == "train"
        self.model.train(self.training)
        self.optimiser = sgd(self.model, options.sgd) if self.training else None
        self.masks = {t: {} for t in tasks}
        if options.density < 1:
            self.masks = {t: {n: (torch.rand_like(p) < options.density).float()
                              for n, p in self.model.prunable().items()} for t in tasks}
        self.fixed = {} if self.training else {
            t: masked(self.model, self.masks[t]) for t in tasks}
        self.turn = 0

    def step(self):
        """One batch of the next task; its number of tokens."""
        task = list(self.data)[self.turn % len(self.data)]
        batch = self.data[task][self.turn // len(self.data) % len(self.data[task])]
        self.turn += 1
        if self.training:
            update(self.model, self.optimiser, self.masks[task], batch, task)
        else:
            with torch.inference_mode():
                logits(self.model, self.fixed[task], batch, task).argmax(1)
        return len(batch.words)

    def rate(self, seconds):
        start, tokens = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            tokens += self.step()
        return tokens / (time.perf_counter() - start)


def job(options, seed, gate, results):
    torch.set_num_threads(options.threads)
    bench = Bench(options, seed)
    gate.wait()
    bench.rate(options.warm_up)
    results.put((seed, [bench.rate(options.seconds) for _ in range(options.repeats)]))


def serve(options):
    """Measures once for every line of standard input, a JSON object with mode, density and batch,
    and answers with a line; in between the process waits and uses no processor."""
    torch.set_num_threads(options.threads)
    print(json.dumps({"pytorch": torch.__version__}), flush=True)
    for line in sys.stdin:
        bench = Bench(argparse.Namespace(**vars(options) | json.loads(line)), 0)
        bench.rate(options.warm_up)
        print(json.dumps({"tokens_per_second": round(bench.rate(options.seconds))}), flush=True)
        del bench


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--train", type=Path, nargs="+", required=True, metavar="FILE", help="column files")
    add("--word-column", type=int, default=0, help="the word's column, from 0 (default 0)")
    add("--tasks", default="pos=1", help="name=column, comma-separated (default pos=1)")
    add("--mode", choices=("train", "predict"), default="train")
    add("--density", type=float, default=1.0, help="kept share of prunable weights (default 1)")
    for name, value in (("layers", 2), ("hidden", 200), ("word-dim", 100), ("char-dim", 30),
                        ("char-filters", 30), ("batch", 10)):
        add(f"--{name}", type=int, default=value, help=f"default {value}")
    add("--threads", type=int, default=2, help="threads of each job (default 2)")
    add("--jobs", type=int, default=1, help="separate models side by side, summed (default 1)")
    add("--warm-up", type=float, default=3, help="seconds before the clock starts (default 3)")
    add("--seconds", type=float, default=10, help="seconds of one measurement (default 10)")
    add("--repeats", type=int, default=3, help="measurements; the median counts (default 3)")
    add("--lstm", choices=("padded", "packed"), default="padded")
    add("--sgd", choices=("foreach", "fused"), default="fused")
    add("--serve", action="store_true", help="take measurements from standard input, one a line")
    options = parser.parse_args()
    if options.serve:
        return serve(options)

    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(options.jobs), context.Queue()
    workers = [context.Process(target=job, args=(options, seed, gate, results), daemon=True)
               for seed in range(options.jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        if worker.exitcode:
            sys.exit(worker.exitcode)
    runs = [sum(r) for r in zip(*(results.get()[1] for _ in workers))]
    kept = ("mode", "density", "layers", "hidden", "batch", "threads", "jobs", "lstm", "sgd")
    print(json.dumps({n: getattr(options, n) for n in kept} | {
        "pytorch": torch.__version__, "load": round(os.getloadavg()[0], 1),
        "tokens_per_second": round(statistics.median(runs)), "runs": [round(r) for r in runs]}))


if __name__ == "__main__":
    main()
