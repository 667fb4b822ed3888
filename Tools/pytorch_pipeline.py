"""Sparse sharing in plain PyTorch, as its users write it: warm-up, iterative magnitude pruning with
rewinding, training of all tickets in one network. What Tools/compare_pipeline.py measures.

One nn.LSTM tagger holds all weights. A training step multiplies a task's mask into them, as
torch.nn.utils.prune does; so masked weights get no gradient, and where another task's step gave
them momentum they go on moving. Every stage keeps the weights of its best epoch on dev.
"""

import random
import time

import torch

from bench_pytorch import Vocabulary, buckets, logits, masked, pack, peer, sgd, update

LETTERS = frozenset("BIESLU")


def split(label):
    """A label's letter and type; what is no letter, hyphen and type is outside."""
    return (label[0], label[2:]) if label[1:2] == "-" and label[0] in LETTERS else ("O", "")


def spans(labels):
    """Spans as (first token, end, type) by the rules of conlleval."""
    result, start, last, kind = set(), 0, "O", ""
    for i, label in enumerate([*labels, "O"]):
        letter, now = split(label)
        begins = last in "ESLUO" or letter in "BSUO" or now != kind
        if last != "O" and begins:
            result.add((start, i, kind))
        if letter != "O" and begins:
            start = i
        last, kind = letter, now
    return result


class Dev:
    """A task's dev sentences in batches of 32, and what is right in them."""

    def __init__(self, sentences, task, vocabulary):
        ordered = sorted(sentences, key=len, reverse=True)
        groups = [ordered[i:i + 32] for i in range(0, len(ordered), 32)]
        self.batches = [pack(g, task, vocabulary) for g in groups]
        # Where packed tokens stand when sentences stand one after the other.
        self.orders = [torch.argsort(b.row * len(b.step_sizes) + b.step) for b in self.batches]
        self.names = [*vocabulary.labels[task]]
        # Sentences end with a label that is outside, which no span crosses.
        self.ends = [len(s) for s in ordered]
        self.gold = spans(self.joined([t[task + 1] for s in ordered for t in s]))
        has_spans = all(n == "O" or split(n)[1] for n in self.names)
        self.metric = "f1" if has_spans else "accuracy"

    def joined(self, labels):
        result, start = [], 0
        for length in self.ends:
            result += [*labels[start:start + length], "O"]
            start += length
        return result

    def score(self, model, masks, task):
        """Span F1, or accuracy; masks are applied once."""
        model.eval()
        with torch.inference_mode():
            weights = masked(model, masks)
            predicted = [logits(model, weights, b, task).argmax(1) for b in self.batches]
        model.train()
        if self.metric == "accuracy":
            right = sum(int((p == b.labels).sum()) for p, b in zip(predicted, self.batches))
            return right / sum(len(b.labels) for b in self.batches)
        ids = torch.cat([p[o] for p, o in zip(predicted, self.orders)]).tolist()
        found = spans(self.joined([self.names[i] for i in ids]))
        return 2 * len(found & self.gold) / max(len(found) + len(self.gold), 1)


def alive_plan(prunable, options):
    """Alive weights in every round: each removes the same share of what is left."""
    last = int(options.density * prunable + 0.5)
    return [int(prunable * (last / prunable) ** (i / options.rounds) + 0.5)
            for i in range(options.rounds + 1)]


def prune(model, masks, count):
    """Masks of the `count` alive weights of largest magnitude, over all tensors together."""
    prunable = model.prunable()
    size = torch.cat([p.detach().abs().flatten() for p in prunable.values()])
    if masks:
        size[torch.cat([masks[n].flatten() for n in prunable]) == 0] = -1
    flat = torch.zeros_like(size)
    flat[size.topk(count).indices] = 1
    parts = flat.split([p.numel() for p in prunable.values()])
    return {n: m.view_as(p) for (n, p), m in zip(prunable.items(), parts)}


class Pipeline:
    """All stages over sentences of (word, label of every task); batches are made here, before the
    clock starts, and come in another order every epoch."""

    def __init__(self, options, train, dev, tasks, seed, progress):
        self.options, self.tasks, self.progress = options, tasks, progress
        self.random = random.Random(seed)
        self.vocabulary = Vocabulary.of(train)
        self.train = {t: [pack(g, k, self.vocabulary)
                          for g in buckets(train, options.batch, self.random)]
                      for k, t in enumerate(tasks)}
        self.dev = {t: Dev(dev, k, self.vocabulary) for k, t in enumerate(tasks)}
        self.rehearse()
        torch.manual_seed(seed)
        self.model = peer(options, self.vocabulary, tasks)
        self.model.words.register_forward_pre_hook(self.drop_words)

    def rehearse(self):
        """Some steps of another model: the first ones are slow."""
        model = peer(self.options, self.vocabulary, self.tasks)
        optimiser = sgd(model, self.options.sgd)
        for task in self.tasks:
            masks = {n: torch.ones_like(p) for n, p in model.prunable().items()}
            for batch in self.train[task][:20]:
                update(model, optimiser, masks, batch, task)
            self.dev[task].score(model, masks, task)

    def drop_words(self, module, inputs):
        """1 % of words are read as unknown in training."""
        if not module.training:
            return None
        return (inputs[0] * (torch.rand(inputs[0].shape) >= 0.01),)

    def train_stage(self, name, tasks, masks, epochs):
        """Trains with each task's masks, leaves the best dev epoch's weights in the model, and
        gives its scores."""
        optimiser = sgd(self.model, self.options.sgd)
        self.model.train()
        best, kept = {}, None
        for epoch in range(epochs):
            optimiser.param_groups[0]["lr"] = 0.1 / (1 + 0.05 * epoch)
            for task in tasks:
                self.random.shuffle(self.train[task])
            for turn in zip(*(self.train[t] for t in tasks)):
                for task, batch in zip(tasks, turn):
                    update(self.model, optimiser, masks[task], batch, task)
            scores = {t: self.dev[t].score(self.model, masks[t], t) for t in tasks}
            if not best or sum(scores.values()) > sum(best.values()):
                best = scores
                kept = {n: v.clone() for n, v in self.model.state_dict().items()}
            self.progress(f"{name} epoch {epoch + 1}/{epochs}: "
                          + ", ".join(f"{t} {100 * s:.2f}" for t, s in scores.items()))
        self.model.load_state_dict(kept)
        return best

    def ticket(self, task, theta0):
        """A task's masks in the round that is kept, and every round's alive weights and score."""
        plan = alive_plan(sum(p.numel() for p in self.model.prunable().values()), self.options)
        masks, rounds, tickets = {}, [], []
        for i, alive in enumerate(plan):
            self.model.load_state_dict(theta0)
            score = self.train_stage(f"{task} round {i}/{len(plan) - 1}", [task], {task: masks},
                                     self.options.round_epochs)[task]
            rounds.append({"alive": alive, "score": score, "epochs": self.options.round_epochs})
            tickets.append(masks)
            if i + 1 < len(plan):
                masks = prune(self.model, masks, plan[i + 1])
        # Round 0 has pruned nothing; of equal scores the sparser.
        best = max(range(1, len(plan)), key=lambda i: (rounds[i]["score"], i))
        return tickets[best if self.options.select == "best" else -1], rounds

    def run(self):
        """Seconds by stage, scores, and how much was done."""
        clock, seconds, before = time.perf_counter(), {}, time.process_time()

        def lap(stage):
            nonlocal clock
            now = time.perf_counter()
            seconds[stage], clock = now - clock, now

        dense = {t: {} for t in self.tasks}
        warm = self.train_stage("warm-up", self.tasks, dense, self.options.warmup_epochs)
        theta0 = {n: v.clone() for n, v in self.model.state_dict().items()}
        lap("warm-up")
        masks, rounds = {}, {}
        for task in self.tasks:
            masks[task], rounds[task] = self.ticket(task, theta0)
        self.model.load_state_dict(theta0)
        lap("pruning")
        self.train_stage("sparse", self.tasks, masks, self.options.epochs)
        lap("sparse training")
        scores = {t: self.dev[t].score(self.model, masks[t], t) for t in self.tasks}
        lap("evaluation")
        used = time.process_time() - before
        kept = {t: int(sum(m.sum() for m in masks[t].values())) for t in self.tasks}
        return {"seconds": seconds, "processor": used, "rounds": rounds, "kept": kept,
                "metrics": {t: d.metric for t, d in self.dev.items()},
                "scores": {"warm-up": warm, "sparse": scores},
                "epochs": {"warm-up": self.options.warmup_epochs, "sparse": self.options.epochs}}
