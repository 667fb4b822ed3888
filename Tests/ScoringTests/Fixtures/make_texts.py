"""Makes texts.json: labels of texts and their scores, and naive Bayes, by scikit-learn.

    pip install scikit-learn
    python make_texts.py > texts.json

Every case is a little training and test set of random words. `accuracy` and `macroF1` are those of
`predicted`, labels drawn at random from those of training; `bayes` is what MultinomialNB(alpha=1)
over lower-cased words says.
"""

import json
import random
import warnings

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.naive_bayes import MultinomialNB

warnings.filterwarnings("ignore")


def text(chance, label, labels, words):
    """Words of which a third prefer the label; some with capitals."""
    def word():
        number = chance.randrange(words)
        if chance.random() < 0.3:
            number -= number % len(labels) - labels.index(label)
        name = f"w{number}"
        return name.upper() if chance.random() < 0.2 else name

    return " ".join(word() for _ in range(chance.randint(1, 12)))


def split(chance, count, labels, weights, words):
    chosen = chance.choices(labels, weights, k=count)
    return [[label, text(chance, label, labels, words)] for label in chosen]


def case(seed, labels, count, words):
    chance = random.Random(seed)
    weights = [1 / (1 + place) for place in range(len(labels))]
    train = split(chance, count, labels, weights, words)
    # Words and a label that training does not have.
    test = split(chance, count, labels, weights, words * 2) + [["unseen", "w0 w1 never"]]
    known = sorted({label for label, _ in train})
    predicted = chance.choices(known, k=len(test))
    counts = CountVectorizer(lowercase=True, token_pattern=r"\S+")
    model = MultinomialNB(alpha=1).fit(
        counts.fit_transform([text for _, text in train]), [label for label, _ in train])
    gold = [label for label, _ in test]
    return {
        "train": train,
        "test": test,
        "predicted": predicted,
        "accuracy": accuracy_score(gold, predicted),
        "macroF1": f1_score(gold, predicted, average="macro"),
        "bayes": model.predict(counts.transform([text for _, text in test])).tolist(),
    }


CASES = [
    case(1, ["neg", "pos"], 12, 10),
    case(2, ["neg", "pos"], 60, 40),
    case(3, ["sports", "politics", "science", "other"], 40, 30),
    case(4, ["a", "b", "c", "d", "e", "f", "g", "h", "i"], 30, 12),
]

if __name__ == "__main__":
    print(json.dumps(CASES, separators=(",", ":")).replace('{"train"', '\n{"train"'))
