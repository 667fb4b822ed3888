"""Makes labels.json: scores by label and confusions, by seqeval and scikit-learn.

    pip install seqeval scikit-learn
    python make_labels.py > labels.json

Every case is a few sentences of random gold and predicted labels, some labels only gold, some only
predicted. `labels` holds precision, recall, F1 and support of every label (of spans: every type),
`micro`, `macro` and `weighted` the averages over them; `confusion` counts labels of tokens by
scikit-learn's confusion_matrix. `spans` counts types of spans where first and last token agree, with
null for spans missed and spurious, found here with seqeval's get_entities.
"""

import json
import random
import warnings
from collections import Counter

from seqeval.metrics import classification_report as span_report
from seqeval.metrics.sequence_labeling import get_entities
from sklearn.metrics import classification_report, confusion_matrix

warnings.filterwarnings("ignore")


def numbers(entry):
    return [float(entry[name]) for name in ("precision", "recall", "f1-score", "support")]


def confusion(gold, predicted):
    known = sorted(set(gold) | set(predicted))
    matrix = confusion_matrix(gold, predicted, labels=known)
    return [
        [a, b, int(matrix[i][j])]
        for i, a in enumerate(known)
        for j, b in enumerate(known)
        if matrix[i][j]
    ]


def split(report, averages):
    report.pop("accuracy", None)
    return {
        "labels": {name: numbers(entry) for name, entry in report.items() if name not in averages},
        **{name.split()[0]: numbers(report[name])[:3] for name in averages if name in report},
    }


def plain(seed, count, gold_labels, predicted_labels):
    chance = random.Random(seed)
    gold, predicted = [], []
    for _ in range(count):
        length = chance.randint(1, 7)
        g = [chance.choice(gold_labels) for _ in range(length)]
        gold.append(g)
        predicted.append([a if chance.random() < 0.6 and a in predicted_labels
                          else chance.choice(predicted_labels) for a in g])
    flat = sum(gold, []), sum(predicted, [])
    # Averages over all labels that occur, as classification_report has them without `micro`.
    known = sorted(set(flat[0]) | set(flat[1]))
    report = classification_report(*flat, labels=known, output_dict=True, zero_division=0)
    case = split(report, ["macro avg", "weighted avg"])
    right = sum(a == b for a, b in zip(*flat)) / len(flat[0])
    return {"gold": gold, "predicted": predicted, **case, "micro": [right] * 3,
            "confusion": confusion(*flat)}


def spans(seed, count, gold_types, predicted_types):
    chance = random.Random(seed)

    def labels(types, length):
        found = []
        while len(found) < length:
            size = min(chance.choice([1, 1, 2, 3]), length - len(found))
            kind = chance.choice(types + [None])
            found += ["O"] * size if kind is None else [f"B-{kind}"] + [f"I-{kind}"] * (size - 1)
        return found

    gold, predicted = [], []
    for _ in range(count):
        g = labels(gold_types, chance.randint(1, 9))
        p = labels(predicted_types, len(g))
        style = chance.random()
        if style < 0.4:
            p = g
        elif style < 0.7:
            # The same spans with one type in place of another.
            a, b = chance.choice(gold_types), chance.choice(predicted_types)
            p = [x[:2] + b if x[2:] == a else x for x in g]
        gold.append(g)
        predicted.append(p)
    report = span_report(gold, predicted, output_dict=True, zero_division=0)
    pairs = Counter()
    for g, p in zip(gold, predicted):
        ours, theirs = ({(s, e): t for t, s, e in get_entities(x)} for x in (g, p))
        for place in ours.keys() | theirs.keys():
            pairs[ours.get(place), theirs.get(place)] += 1
    return {"gold": gold, "predicted": predicted,
            **split(report, ["micro avg", "macro avg", "weighted avg"]),
            "confusion": confusion(sum(gold, []), sum(predicted, [])),
            "spans": [[a, b, n] for (a, b), n in sorted(pairs.items(), key=str)]}


CASES = [
    plain(1, 12, ["N", "V", "D"], ["N", "V", "D"]),
    plain(2, 25, ["N", "V", "D", "rare"], ["N", "V", "X"]),
    plain(3, 3, ["N"], ["N"]),
    spans(4, 30, ["PER", "LOC", "ORG"], ["PER", "LOC", "ORG"]),
    spans(5, 30, ["PER", "LOC", "unseen"], ["PER", "LOC", "MISC"]),
    spans(6, 6, ["A-B"], ["A-B"]),
]

if __name__ == "__main__":
    print(json.dumps(CASES, separators=(",", ":")).replace('{"gold"', '\n{"gold"'))
