#!/usr/bin/env python3
"""Does the whole job with tickets and with PyTorch in turn and prints seconds by stage, their ratio
and both sides' scores: warm-up, iterative magnitude pruning of every task, training of all tickets
together, evaluation on dev.

Both sides read the same sentences and use the same network, optimiser, batches' size, epochs,
rounds and threads; every epoch is scored on dev, every training keeps its best one, none stops
early. A pair is the job on each side, one right after the other, first one then the other in front.
It is checked that both did as many epochs and kept as many weights alive in every round.

The clock of tickets runs around its four commands: starting, reading, making batches, checkpoints
and files count. In favour of PyTorch (Tools/pytorch_pipeline.py) it has started, made its batches
and done some steps before the clock starts, and keeps no files; LSTM and optimiser variants are the
fastest found (Tools/bench_pytorch.py); round 0 multiplies no masks, an evaluation multiplies them
once. With two threads tickets prunes two tasks side by side, as PyTorch's users do not; with
--threads 1 that plays no part. Processor time, all threads together, stands below the seconds by
the clock: where other programs are at work it tells more, but threads that spin count in it.

Presets, whose values any option overrides:
  table6     1 x 50 units, entities and position (Sun et al. 2020, Table 6), 2 rounds
  published  2 x 200 units with characters, parts of speech and entities, 4 rounds
Without --train the data are ten built-in corpora, each of other words: 14,000 sentences, about as
many as CoNLL-2003 has.

Needs PyTorch: run it with the Python that Tools/python_env makes.

Examples:
  .venv/bin/python Tools/compare_pipeline.py --preset table6
  .venv/bin/python Tools/compare_pipeline.py --train train.txt --dev testa.txt --pairs 1
  .venv/bin/python Tools/compare_pipeline.py --sentences 500 --hidden 20 --pairs 1   # seconds
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from bench_pytorch import read_columns
from compare_pytorch import BUSY, ROOT, busy
from pytorch_pipeline import Pipeline

STAGES = ("warm-up", "pruning", "sparse training", "evaluation")
PRESETS = {
    "table6": {"layers": 1, "hidden": 50, "word_dim": 50, "char_filters": 0,
               "tasks": "ner=3,pp=position", "warmup_epochs": 2, "rounds": 2, "round_epochs": 3,
               "epochs": 4},
    "published": {"layers": 2, "hidden": 200, "word_dim": 100, "char_filters": 30,
                  "tasks": "pos=1,ner=3", "warmup_epochs": 1, "rounds": 4, "round_epochs": 1,
                  "epochs": 2},
}
# Sentences of a built-in corpus.
BUILT_IN = {"train": 1500, "dev": 300}


def built_in(options, folder):
    """Files of as many built-in corpora as the sentences asked for take: train's and dev's."""
    options.sentences = options.sentences or 14000
    options.dev_sentences = options.dev_sentences or 3000
    count = max(-(-options.sentences // BUILT_IN["train"]),
                -(-options.dev_sentences // BUILT_IN["dev"]))
    for seed in range(1, count + 1):
        subprocess.run([options.tool, "data", "builtin", "--out", folder / f"builtin{seed}",
                        "--seed", str(seed)], check=True, stdout=subprocess.DEVNULL)
    return [[folder / f"builtin{seed}/{split}.conll" for seed in range(1, count + 1)]
            for split in BUILT_IN]


def sentences(files, options, limit):
    """The first `limit` sentences of (word, labels), 0 for all; positions are counted."""
    sources = [t.split("=")[1] for t in options.tasks.split(",")]
    columns = (options.word_column, *(int(c) for c in sources if c != "position"))
    result = []
    for sentence in read_columns(tuple(files), columns)[:limit or None]:
        result.append([])
        for position, (word, *labels) in enumerate(sentence):
            left = iter(labels)
            result[-1].append((word, *(str(position) if c == "position" else next(left)
                                       for c in sources)))
    return result


def write(data, path):
    """Sentences as a column file."""
    path.write_text("\n".join("".join("\t".join(t) + "\n" for t in s) for s in data), "utf-8")


def processor():
    """Seconds of processor time that ended commands have taken."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ours(options, folder, seed, names):
    """The job with tickets."""
    run = folder / f"run{seed}"
    # As on the other side: spans as the files write them, no training that stops early.
    settings = {"train": folder / "train.conll", "dev": folder / "dev.conll",
                "tasks": ",".join(f"{n}={i + 1}" for i, n in enumerate(names)),
                "span-encoding": "bio", "patience": 0, "seed": seed, "jobs": options.threads}
    for name in ("layers", "hidden", "word_dim", "char_dim", "char_filters", "batch", "density",
                 "warmup_epochs", "rounds", "round_epochs", "epochs", "select", "execution"):
        settings[name.replace("_", "-")] = getattr(options, name)
    jobs = ["--jobs", str(options.threads), "--quiet"]
    commands = {
        "warm-up": ["warmup", "--out", run, "--quiet",
                    *(str(a) for n, v in settings.items() for a in (f"--{n}", v))],
        "pruning": ["prune", run, "--task", "all", *jobs],
        "sparse training": ["train", run, "--sharing", "sparse", *jobs],
        "evaluation": ["evaluate", run, "--split", "dev", "--json", *jobs[:2]]}
    seconds, before = {}, processor()
    for stage, command in commands.items():
        start = time.perf_counter()
        done = subprocess.run([options.tool, *command], capture_output=True, text=True)
        seconds[stage] = time.perf_counter() - start
        if done.returncode:
            sys.exit(f"compare_pipeline: {command[0]} failed: {done.stderr.strip()}")
    used = processor() - before
    final = [r for r in json.loads(done.stdout)["results"] if r["sharing"] == "sparse"]
    report = json.loads(subprocess.run([options.tool, "report", run, "--json"], check=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)

    def epochs(file):
        return [json.loads(line) for line in (run / "metrics" / file).read_text().splitlines()]
    rounds = {}
    for ticket in report["tickets"]:
        task = ticket["task"]
        trained = [e["round"] for e in epochs(f"prune/{task}.jsonl")]
        rounds[task] = [{"alive": r["alive"], "score": r["score"],
                         "epochs": trained.count(r["round"])} for r in ticket["rounds"]]
    warm = epochs("warmup.jsonl")
    best = max(warm, key=lambda e: e["mean"])
    return {"seconds": seconds, "processor": used, "rounds": rounds,
            "kept": {t["task"]: t["alive"] for t in report["tickets"]},
            "metrics": {r["task"]: r["metric"] for r in final},
            "scores": {"warm-up": {t: best[f"dev.{t}"] for t in names},
                       "sparse": {r["task"]: r["value"] for r in final}},
            "epochs": {"warm-up": len(warm), "sparse": len(epochs("train/sparse.jsonl"))}}


def check(a, b, options):
    """Stops where the sides did not do the same work."""
    def work(side):
        done = {"epochs": side["epochs"], "metrics": side["metrics"],
                "rounds": {t: [(r["alive"], r["epochs"]) for r in rounds]
                           for t, rounds in side["rounds"].items()}}
        return done | ({"kept": side["kept"]} if options.select == "last" else {})
    if work(a) != work(b):
        sys.exit(f"compare_pipeline: the sides did not do the same: tickets {work(a)}, "
                 f"PyTorch {work(b)}")


def flat_scores(side):
    """A side's dev scores by what they are of."""
    last = len(next(iter(side["rounds"].values()))) - 1
    rounds = {f"round {i}": {t: r[i]["score"] for t, r in side["rounds"].items()}
              for i in sorted({0, last})}
    return {(stage, task): score
            for stage, tasks in ({"warm-up": side["scores"]["warm-up"]} | rounds
                                 | {"sparse": side["scores"]["sparse"]}).items()
            for task, score in tasks.items()}


def summary(pairs):
    """Medians over pairs: seconds and ratios by stage and in all, scores."""
    def of(seconds):
        sides = [(seconds(p["tickets"]), seconds(p["pytorch"])) for p in pairs]
        ratios = [b / a for a, b in sides]
        return {"tickets": statistics.median(a for a, _ in sides),
                "pytorch": statistics.median(b for _, b in sides),
                "ratio": statistics.median(ratios), "lowest": min(ratios), "highest": max(ratios)}
    stages = {s: of(lambda side, s=s: side["seconds"][s]) for s in STAGES}
    stages["all"] = of(lambda side: sum(side["seconds"].values()))
    stages["processor time"] = of(lambda side: side["processor"])
    scores = {side: [flat_scores(p[side]) for p in pairs] for side in ("tickets", "pytorch")}
    return {"stages": stages,
            "scores": [{"of": stage, "task": task, "metric": pairs[0]["tickets"]["metrics"][task],
                        **{side: statistics.median(s[stage, task] for s in scores[side])
                           for side in scores}}
                       for stage, task in scores["tickets"][0]]}


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--preset", choices=list(PRESETS), default="table6", help="default table6")
    add("--train", type=Path, nargs="+", metavar="FILE", help="column files (default: built in)")
    add("--dev", type=Path, nargs="+", metavar="FILE")
    add("--word-column", type=int, default=0, help="the word's column, from 0 (default 0)")
    add("--tasks", help="name=column, comma-separated; 'position' is counted")
    add("--sentences", type=int, default=0, help="use the first of train (default: all)")
    add("--dev-sentences", type=int, default=0, help="use the first of dev (default: all)")
    for name in ("layers", "hidden", "word-dim", "char-filters", "warmup-epochs", "rounds",
                 "round-epochs", "epochs"):
        add(f"--{name}", type=int, help="default: the preset's")
    add("--char-dim", type=int, default=30, help="default 30")
    add("--batch", type=int, default=10, help="default 10")
    add("--density", type=float, default=0.1, help="after the last round (default 0.1)")
    add("--select", choices=("last", "best"), default="last", help="the round whose ticket is "
        "trained; of the best by dev sizes differ between the sides (default last)")
    add("--execution", choices=("auto", "dense", "sparse"), default="auto",
        help="of masks in tickets (default auto)")
    add("--lstm", choices=("padded", "packed"), default="padded", help="of PyTorch")
    add("--sgd", choices=("foreach", "fused"), default="fused", help="of PyTorch")
    add("--threads", type=int, default=2, help="threads of each side (default 2)")
    add("--pairs", type=int, default=3, help="jobs of each side (default 3)")
    add("--tool", type=Path, default=ROOT / ".build/release/tickets")
    add("--json", action="store_true", help="one JSON object on standard output at the end")
    parser.set_defaults(**PRESETS[parser.parse_args().preset])
    options = parser.parse_args()
    least = ("pairs", "threads", "warmup_epochs", "rounds", "round_epochs", "epochs")
    for name in least:
        if getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    if bool(options.train) != bool(options.dev):
        parser.error("--train and --dev go together")
    for file in [options.tool, *(options.train or []), *(options.dev or [])]:
        if not file.is_file():
            parser.error(f"there is no file {file}")
    for task in options.tasks.split(","):
        name, _, source = task.partition("=")
        if not name or not (source == "position" or source.isdecimal()):
            parser.error(f"--tasks: {task!r} is neither name=column nor name=position")
    return options


def compare(options, folder, progress):
    """All pairs, and how many sentences and tokens they were of."""
    files = [options.train, options.dev] if options.train else built_in(options, folder)
    train = sentences(files[0], options, options.sentences)
    dev = sentences(files[1], options, options.dev_sentences)
    write(train, folder / "train.conll")
    write(dev, folder / "dev.conll")
    names = [t.split("=")[0] for t in options.tasks.split(",")]
    sizes = {"sentences": len(train), "tokens": sum(map(len, train)), "dev_sentences": len(dev)}
    progress(f"PyTorch {torch.__version__}, {options.threads} threads, {options.layers} x "
             f"{options.hidden}, {sizes['sentences']} sentences ({sizes['tokens']} tokens) and "
             f"{sizes['dev_sentences']} of dev; epochs: {options.warmup_epochs} of warm-up, "
             f"{options.rounds + 1} x {options.round_epochs} a task down to density "
             f"{options.density:g}, {options.epochs} of sparse training")

    def tickets(seed):
        return ours(options, folder, seed, names)

    def pytorch(seed):
        job = Pipeline(options, train, dev, names, seed, lambda line: progress(f"  PyTorch {line}"))
        done = job.run()
        time.sleep(0.2)  # OpenMP's threads spin for some milliseconds before they sleep
        return done

    pairs = []
    for pair in range(options.pairs):
        share = busy()
        order = (tickets, pytorch) if pair % 2 == 0 else (pytorch, tickets)
        done = {side.__name__: side(pair + 1) for side in order}
        check(done["tickets"], done["pytorch"], options)
        a, b = (sum(done[side]["seconds"].values()) for side in ("tickets", "pytorch"))
        pairs.append(done | {"ratio": b / a, "busy": round(share, 2)})
        progress(f"pair {pair + 1} of {options.pairs}: tickets {a:.1f} s, PyTorch {b:.1f} s, "
                 f"ratio {b / a:.2f}"
                 + (f" (others use {share:.0%} of the machine)" if share > 0.1 else ""))
    return pairs, sizes


def main():
    options = arguments()
    torch.set_num_threads(options.threads)
    stream = sys.stderr if options.json else sys.stdout

    def progress(line):
        print(line, file=stream, flush=True)

    with tempfile.TemporaryDirectory(prefix="compare_pipeline.") as folder:
        pairs, sizes = compare(options, Path(folder), progress)
    if any(p["busy"] > 0.1 for p in pairs):
        print(BUSY, file=sys.stderr)
    result = summary(pairs)
    if options.json:
        settings = {n: [str(f) for f in v] if isinstance(v, list) else v
                    for n, v in vars(options).items() if n not in ("tool", "json")}
        print(json.dumps({"pytorch": torch.__version__, "settings": settings, "data": sizes}
                         | result | {"pairs": pairs}, indent=2))
        return
    print(f"\n{'seconds':16} {'tickets':>9} {'PyTorch':>9} {'ratio':>7} {'lowest':>7} "
          f"{'highest':>7}")
    for stage, row in result["stages"].items():
        print(f"{stage:16} {row['tickets']:9.2f} {row['pytorch']:9.2f} {row['ratio']:7.2f} "
              f"{row['lowest']:7.2f} {row['highest']:7.2f}")
    print(f"\n{'score on dev':28} {'tickets':>9} {'PyTorch':>9}")
    for row in result["scores"]:
        print(f"{row['of'] + ', ' + row['task'] + ' (' + row['metric'] + ')':28} "
              f"{100 * row['tickets']:9.2f} {100 * row['pytorch']:9.2f}")


if __name__ == "__main__":
    main()
