"""Makes significance.json: p values by scipy, and bootstraps by exact enumeration and by numpy.

Needs scipy (pip install scipy). Run in this folder: python make_significance.py

A bootstrap case holds the sentences' [gold, predicted, correct] by system, seed and sentence, the
difference, P(d* <= 0) and P(d* >= 0), and for each end of the 95 % interval the quantiles between
which an estimate from 20,000 resamples must fall (five standard errors of its level). Cases of few
sentences take all n^n resamples in exact fractions; the others 400,000 resamples by numpy.

An interval case holds points and the same quantiles of r over resampled points, of which those
without variance are left out: all n^n for few points, 400,000 by numpy for the others.
"""

import itertools
import json
from fractions import Fraction

import numpy
from scipy import stats

LEVELS = {"low": [0.0193, 0.0307], "high": [0.9693, 0.9807]}


def student():
    return [
        {"t": t, "degrees": degrees, "p": float(2 * stats.t.sf(abs(t), degrees))}
        for degrees in [1, 2, 3, 4, 7, 10, 29, 100, 1000]
        for t in [0, 0.001, 0.01, 0.5, -1, 1.96, 2.776, 5, -12.5, 60, 2000]
    ]


def paired(random):
    cases = []
    for count, mean in [(2, 0.1), (3, 0), (5, 0.4), (10, 1), (30, -0.3)]:
        differences = [round(x, 6) for x in random.normal(mean, 0.5, count).tolist()]
        t, p = stats.ttest_1samp(differences, 0)
        cases.append({"differences": differences, "t": float(t), "p": float(p)})
    return cases


def pearson(random):
    cases = []
    for count, slope in [(3, 1), (4, 0), (6, -3), (20, 0.3), (200, -1)]:
        x = random.normal(5, 2, count).round(6)
        y = (slope * x + random.normal(0, 2, count)).round(6)
        r, p = stats.pearsonr(x, y)
        cases.append({"x": x.tolist(), "y": y.tolist(), "r": float(r), "p": float(p)})
    return cases


def measure(sentences):
    gold, predicted, correct = (sum(column) for column in zip(*sentences))
    return Fraction(2 * correct, gold + predicted) if gold + predicted else Fraction(0)


def difference(case, sentences):
    means = [
        sum(measure([run[s] for s in sentences]) for run in runs) / len(runs)
        for runs in (case["system"], case["baseline"])
    ]
    return means[0] - means[1]


def exact(case):
    count = len(case["system"][0])
    return sorted(
        difference(case, resample) for resample in itertools.product(range(count), repeat=count)
    )


def sampled(case, random):
    count = len(case["system"][0])
    times = random.multinomial(count, [1 / count] * count, 400_000)

    def mean(runs):
        sums = [times @ numpy.array(run) for run in runs]
        return sum(2 * s[:, 2] / numpy.maximum(s[:, 0] + s[:, 1], 1) for s in sums) / len(runs)

    differences = mean(case["system"]) - mean(case["baseline"])
    differences[abs(differences) < 1e-13] = 0
    return numpy.sort(differences).tolist()


def sentence(random, accuracy, skill):
    if accuracy:
        tokens = int(random.integers(1, 12))
        return [tokens, tokens, int(random.binomial(tokens, skill))]
    gold = int(random.integers(0, 4))
    correct = int(random.binomial(gold, skill))
    return [gold, correct + int(random.binomial(2, (1 - skill) / 2)), correct]


def bootstrap(random):
    cases = []
    for count, accuracy, skills, seeds in [
        (4, False, (0.6, 0.4), (1, 1)),
        (5, True, (0.8, 0.7), (2, 2)),
        (5, False, (0.7, 0.6), (3, 1)),
        (40, False, (0.7, 0.55), (1, 1)),
        (80, True, (0.9, 0.86), (3, 2)),
        (80, False, (0.6, 0.6), (3, 3)),
    ]:
        case = {
            name: [[sentence(random, accuracy, skill) for _ in range(count)] for _ in range(many)]
            for name, skill, many in zip(("system", "baseline"), skills, seeds)
        }
        # Every run has the same gold spans, or tokens.
        for run in case["system"][1:] + case["baseline"]:
            for other, first in zip(run, case["system"][0]):
                other[0] = first[0]
                other[1] = first[0] if accuracy else other[1]
                other[2] = min(other)
        differences = exact(case) if count <= 5 else sampled(case, random)
        size = len(differences)
        case["delta"] = float(difference(case, range(count)))
        case["atMost"] = sum(d <= 0 for d in differences) / size
        case["atLeast"] = sum(d >= 0 for d in differences) / size
        for name, levels in LEVELS.items():
            case[name] = [float(differences[int(level * size)]) for level in levels]
        cases.append(case)
    return cases


def interval(random):
    cases = []
    for count, slope in [(4, 0.5), (5, -2), (6, 0), (12, -0.7), (36, 0.4)]:
        x = random.normal(0.4, 0.1, count).round(6)
        y = (slope * x + random.normal(0, 0.1, count)).round(6)
        if count == 5:
            x[1:] = x[1]  # many resamples without variance
        if count <= 6:
            drawn = numpy.array(list(itertools.product(range(count), repeat=count)))
        else:
            drawn = random.integers(0, count, (400_000, count))
        xs, ys = x[drawn], y[drawn]
        varies = (xs != xs[:, :1]).any(1) & (ys != ys[:, :1]).any(1)
        xs, ys = xs[varies], ys[varies]
        xs = xs - xs.mean(1, keepdims=True)
        ys = ys - ys.mean(1, keepdims=True)
        r = numpy.sort((xs * ys).sum(1) / numpy.sqrt((xs**2).sum(1) * (ys**2).sum(1)))
        case = {"x": x.tolist(), "y": y.tolist()}
        for name, levels in LEVELS.items():
            case[name] = [float(r[int(level * len(r))]) for level in levels]
        cases.append(case)
    return cases


def main():
    random = numpy.random.default_rng(1)
    made = {
        "student": student(), "paired": paired(random), "pearson": pearson(random),
        "bootstrap": bootstrap(random), "interval": interval(random),
    }  # fmt: skip
    lists = [
        f'"{name}": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]"
        for name, cases in made.items()
    ]
    with open("significance.json", "w") as file:
        file.write("{\n" + ",\n".join(lists) + "\n}\n")


main()
