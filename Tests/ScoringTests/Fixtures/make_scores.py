"""Makes scores.json: span scores of random label sequences, by two implementations.

Needs seqeval 1.2.2 (pip install seqeval). Run in this folder: python make_scores.py

conlleval is written here anew after the script of the CoNLL-2000 shared task: it walks through
gold and predicted labels together, with the rules for `E` and `S` that its Python port added
(the Perl script knows neither S nor an E that always ends a span). seqeval's default mode
applies the same rules, but does not know L and U; for those only conlleval's numbers are stored.
The two must agree before anything is written.
"""

import json
import random

from seqeval.metrics import f1_score, precision_score, recall_score


def split(label):
    letter, dash, kind = label.partition("-")
    letter = {"L": "E", "U": "S"}.get(letter, letter)
    return (letter, kind) if dash else (label, "")


def ends(last, now):
    (a, kind), (b, next_kind) = last, now
    return (
        a in ("E", "S")
        or (a in ("B", "I") and b in ("B", "S", "O"))
        or (a != "O" and kind != next_kind)
    )


def starts(last, now):
    (a, kind), (b, next_kind) = last, now
    return (
        b in ("B", "S")
        or (a in ("E", "S", "O") and b in ("E", "I"))
        or (b != "O" and kind != next_kind)
    )


def conlleval(gold, predicted):
    types = {}
    tokens = right_tokens = 0

    def count(kind, what):
        types.setdefault(kind, {"gold": 0, "predicted": 0, "correct": 0})[what] += 1

    last_gold = last_predicted = ("O", "")
    is_right = False
    for gold_sentence, predicted_sentence in zip(gold, predicted):
        pairs = list(zip(gold_sentence, predicted_sentence)) + [None]
        for pair in pairs:
            g, p = map(split, pair or ("O", "O"))
            gold_ends, predicted_ends = ends(last_gold, g), ends(last_predicted, p)
            if is_right:
                if gold_ends and predicted_ends and last_gold[1] == last_predicted[1]:
                    is_right = False
                    count(last_gold[1], "correct")
                elif gold_ends != predicted_ends or g[1] != p[1]:
                    is_right = False
            gold_starts, predicted_starts = starts(last_gold, g), starts(last_predicted, p)
            if gold_starts and predicted_starts and g[1] == p[1]:
                is_right = True
            if gold_starts:
                count(g[1], "gold")
            if predicted_starts:
                count(p[1], "predicted")
            if pair:
                tokens += 1
                right_tokens += g == p
            last_gold, last_predicted = g, p
    overall = {k: sum(t[k] for t in types.values()) for k in ("gold", "predicted", "correct")}
    precision = overall["correct"] / overall["predicted"] if overall["predicted"] else 0.0
    recall = overall["correct"] / overall["gold"] if overall["gold"] else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {
        "overall": overall, "types": types, "precision": precision, "recall": recall, "f1": f1,
        "tokens": tokens, "correctTokens": right_tokens,
    }  # fmt: skip


LETTERS = {"iob1": "BI", "iob2": "BI", "bioes": "BIES", "bilou": "BILU"}


def well_formed(rng, scheme, length, kinds):
    labels, last = [], None
    while len(labels) < length:
        size = min(rng.choice([1, 1, 2, 3]), length - len(labels))
        if rng.random() < 0.45:
            labels += ["O"] * size
            last = None
            continue
        kind = rng.choice(kinds)
        first = "I" if scheme == "iob1" and last != kind else "B"
        letters = [first] + ["I"] * (size - 1)
        if scheme in ("bioes", "bilou"):
            end, single = LETTERS[scheme][2:]
            letters[-1] = end if size > 1 else single
        labels += [f"{letter}-{kind}" for letter in letters]
        last = kind
    return labels


def random_labels(rng, scheme, length, kinds):
    known = ["O", "O"] + [f"{x}-{k}" for x in LETTERS[scheme] for k in kinds]
    return [rng.choice(known) for _ in range(length)]


def main():
    rng = random.Random(4)
    cases = []
    for scheme in LETTERS:
        for style in ["well-formed", "noisy", "malformed", "empty"]:
            for kinds in [["PER", "A-B"], ["X"]]:
                gold, predicted = [], []
                for _ in range(4):
                    length = rng.randint(1, 9)
                    g = well_formed(rng, scheme, length, kinds)
                    if style == "well-formed":
                        p = well_formed(rng, scheme, length, kinds)
                    elif style == "noisy":
                        r = random_labels(rng, scheme, length, kinds)
                        p = [b if rng.random() < 0.2 else a for a, b in zip(g, r)]
                    elif style == "malformed":
                        g = random_labels(rng, scheme, length, kinds)
                        r = random_labels(rng, scheme, length, kinds)
                        p = [b if rng.random() < 0.3 else a for a, b in zip(g, r)]
                    else:
                        g = p = ["O"] * length
                    gold.append(g)
                    predicted.append(p)
                case = {
                    "scheme": scheme, "style": style, "gold": gold, "predicted": predicted,
                    "conlleval": conlleval(gold, predicted),
                }  # fmt: skip
                if scheme != "bilou":
                    scores = {
                        name: float(score(gold, predicted, zero_division=0))
                        for name, score in [
                            ("precision", precision_score),
                            ("recall", recall_score),
                            ("f1", f1_score),
                        ]
                    }
                    for name, value in scores.items():
                        assert abs(value - case["conlleval"][name]) < 1e-12, (case, scores)
                    case["seqeval"] = scores
                cases.append(case)
    with open("scores.json", "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


main()
