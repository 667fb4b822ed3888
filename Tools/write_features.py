#!/usr/bin/env python3
"""Writes the safetensors files that tasks over feature vectors and --token-features read.

  write_features.py arrays --features x.npy --labels digit=y.npy --out train.safetensors
  write_features.py digits --out DIR
  write_features.py texts --encoder MODEL --task books train.tsv --out books.train.safetensors
  write_features.py tokens --encoder MODEL --column 1 train.conll dev.conll

`arrays`: `features` [n, d] becomes F32; labels [n] stay what they are: whole numbers become I64,
classes, all others F32, values. `digits`: the handwritten digits that ship inside scikit-learn,
8 × 8 points, as train, dev and test with the digit, its parity, whether it is round (0, 6, 8, 9),
and its value as a number. `texts`: one vector a text of a TSV file, label<TAB>text; the labels
become numbers in the order of their names. `tokens`: one vector a token of each column file, in
FILE.safetensors beside it: what the encoder makes of the token's pieces in its sentence, averaged.

MODEL is what sentence_transformers loads: a folder, or a name. Needs numpy and safetensors, and
scikit-learn or sentence-transformers where they are asked for.
"""

import argparse
from pathlib import Path

import numpy
from safetensors.numpy import save_file


def write(path, features, labels=None):
    """Writes `features` [n, d] and `labels`, arrays [n] by name, to `path`."""
    tensors = {"features": numpy.ascontiguousarray(features, dtype=numpy.float32)}
    for name, values in (labels or {}).items():
        whole = numpy.issubdtype(values.dtype, numpy.integer) or values.dtype == bool
        tensors[name] = numpy.ascontiguousarray(values, numpy.int64 if whole else numpy.float32)
        if tensors[name].shape != features.shape[:1]:
            raise SystemExit(f"{path}: {name} is {values.shape}, features {features.shape}")
    save_file(tensors, str(path))
    print(f"{path}: {features.shape[0]} vectors of {features.shape[1]} numbers")


def arrays(options):
    pairs = [pair.split("=", 1) for pair in options.labels]
    write(options.out, numpy.load(options.features), {name: numpy.load(f) for name, f in pairs})


def digits(options):
    from sklearn.datasets import load_digits

    data, target = load_digits(return_X_y=True)
    order = numpy.random.default_rng(options.seed).permutation(len(target))
    data, target = data[order] / 16, target[order]
    labels = {
        "digit": target, "parity": target % 2, "round": numpy.isin(target, [0, 6, 8, 9]),
        "value": target.astype(numpy.float32)}
    options.out.mkdir(parents=True, exist_ok=True)
    for split, rows in {"train": slice(0, 1197), "dev": slice(1197, 1397),
                        "test": slice(1397, None)}.items():
        write(options.out / f"{split}.safetensors", data[rows],
              {name: values[rows] for name, values in labels.items()})


def load_encoder(options):
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(options.encoder, device="cpu")


def texts(options):
    rows = [line.rstrip("\n").split("\t", 1)
            for line in options.files[0].open(encoding="utf-8") if line.strip()]
    names = sorted({label for label, _ in rows})
    labels = numpy.array([names.index(label) for label, _ in rows])
    vectors = load_encoder(options).encode([text for _, text in rows])
    write(options.out, vectors, {options.task: labels})


def sentences(path, column):
    """The words of every sentence of a column file, counted as `tickets` counts tokens."""
    words, columns, tabs = [], 0, False
    for line in path.open(encoding="utf-8-sig"):
        line = line.rstrip("\r\n")
        if not line.strip() or line.split()[0] == "-DOCSTART-":
            if words:
                yield words
            words = []
            continue
        if not columns:
            if line.startswith("# "):
                continue
            tabs = "\t" in line
        fields = line.split("\t" if tabs else None)
        columns = columns or len(fields)
        if line[0] == "#" and (len(fields) == 1 if tabs else
                               not words and line[1:2].isspace() and len(fields) != columns):
            continue
        # In CoNLL-U ranges such as 3-4 and empty nodes such as 3.1 are no tokens.
        if not (tabs and columns == 10) or fields[0].isdigit():
            words.append(fields[column])
    if words:
        yield words


def tokens(options):
    import torch

    encoder = load_encoder(options)
    model, tokenizer = encoder[0].auto_model.eval(), encoder.tokenizer
    for path in options.files:
        rows = []
        for words in sentences(path, options.column):
            batch = tokenizer(words, is_split_into_words=True, truncation=True, return_tensors="pt",
                              max_length=tokenizer.model_max_length)
            with torch.no_grad():
                states = model(**batch).last_hidden_state[0].numpy()
            sums = numpy.zeros((len(words), states.shape[1]), numpy.float32)
            counts = numpy.zeros((len(words), 1), numpy.float32)
            for state, word in zip(states, batch.word_ids()):
                if word is not None:
                    sums[word] += state
                    counts[word] += 1
            # Words past the encoder's length have no state: they are zero.
            rows.append(sums / numpy.maximum(counts, 1))
        write(path.with_name(path.name + ".safetensors"), numpy.concatenate(rows))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("arrays")
    one.add_argument("--features", required=True)
    one.add_argument("--labels", action="append", default=[], metavar="NAME=FILE")
    one.add_argument("--out", type=Path, required=True)
    one.set_defaults(run=arrays)
    one = commands.add_parser("digits")
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--seed", type=int, default=1)
    one.set_defaults(run=digits)
    one = commands.add_parser("texts")
    one.add_argument("files", type=Path, nargs=1)
    one.add_argument("--encoder", required=True)
    one.add_argument("--task", required=True)
    one.add_argument("--out", type=Path, required=True)
    one.set_defaults(run=texts)
    one = commands.add_parser("tokens")
    one.add_argument("files", type=Path, nargs="+")
    one.add_argument("--encoder", required=True)
    one.add_argument("--column", type=int, default=0)
    one.set_defaults(run=tokens)
    options = parser.parse_args()
    options.run(options)


main()
