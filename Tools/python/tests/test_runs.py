"""Runs and comparisons: fixtures/comparison, which the tool has made (make_comparison.py)."""

import csv
import hashlib
import json
import os
from pathlib import Path
import shutil
import sys
import tempfile
import unittest
from unittest import mock

import numpy as np
from tickets import Comparison, Run, TicketError, origin_of, read_tensors

FIXTURES = Path(__file__).resolve().parent / "fixtures"
COMPARISON, RUN = FIXTURES / "comparison", FIXTURES / "comparison/density=0.3/seed-1"


class RunTests(unittest.TestCase):
    def setUp(self):
        self.run_ = Run(RUN)

    def test_recipe_and_tasks(self):
        self.assertEqual(self.run_.tasks, ["pos", "chunk", "ner"])
        self.assertEqual((self.run_.recipe["density"], self.run_.recipe["hidden"]), (0.3, 2))
        self.assertEqual(self.run_.vocabulary["words"][0], "<unk>")
        self.assertNotIn("tickets.sha256", self.run_.vocabulary)

    def test_overlap_is_what_the_tool_prints(self):
        from .test_overlap import same
        same(self, self.run_.overlap(), json.loads((FIXTURES / "overlap.json").read_text()))

    def test_scores_are_what_the_tool_prints(self):
        with open(FIXTURES / "scores.csv", newline="") as file:
            printed = list(csv.DictReader(file))
        found = self.run_.records("scores")
        self.assertEqual(len(found), len(printed))
        for ours, theirs in zip(found, printed):
            self.assertEqual({key: ours[key] for key in ("sharing", "split", "task", "metric")},
                             {key: theirs[key] for key in ("sharing", "split", "task", "metric")})
            self.assertEqual(ours["value"], float(theirs["value"]))
            self.assertEqual(ours["parameters"], int(theirs["parameters"]))
        labels = self.run_.records("labels")
        self.assertIn({"sharing": "majority", "task": "ner"}.items(), [
            {"sharing": row["sharing"], "task": row["task"]}.items() for row in labels])
        self.assertTrue(all(row["support"] >= 0 for row in labels))

    def test_metrics_have_a_row_an_epoch(self):
        rows = self.run_.records("metrics")
        files = list((RUN / "metrics").rglob("*.jsonl"))
        self.assertEqual(len(rows), sum(len(f.read_text().splitlines()) for f in files))
        sparse = [row for row in rows if row["stage"] == "train/sparse"]
        self.assertEqual([row["epoch"] for row in sparse], [1, 2])
        self.assertTrue(all(0 <= row["dev.pos"] <= 1 for row in sparse))

    def test_rounds_say_which_ticket_is_kept(self):
        rows = self.run_.records("rounds")
        self.assertEqual([(row["task"], row["round"]) for row in rows],
                         [(task, i) for task in self.run_.tasks for i in range(3)])
        for task in self.run_.tasks:
            kept, = [row for row in rows if row["task"] == task and row["is_kept"]]
            ticket = self.run_.ticket(task)
            self.assertEqual((ticket.round, ticket.alive, ticket.dev_score),
                             (kept["round"], kept["alive"], kept["score"]))
            self.assertEqual(kept["density"], ticket.density)
            self.assertEqual(self.run_.ticket(task, kept["round"]), ticket)

    def test_weights_belong_to_tickets(self):
        theta0 = self.run_.theta0()
        for name, mask in self.run_.ticket("ner").masks.items():
            self.assertEqual(theta0[name].shape, mask.shape)
            self.assertEqual(theta0[name].dtype, np.float32)
        self.assertEqual(self.run_.ticket("ner").origin, origin_of(RUN / "theta0.safetensors"))
        self.assertEqual(list(self.run_.weights("hard")), list(theta0))
        self.assertFalse(theta0["conv.weight"].flags.writeable)

    def test_tables_need_pandas_or_are_lists(self):
        with mock.patch.dict(sys.modules, {"pandas": None}):
            with self.assertRaisesRegex(TicketError, r"need pandas .* records\(NAME\)"):
                self.run_.metrics()
        try:
            import pandas
        except ImportError:
            self.skipTest("needs pandas")
        for table in (Run(RUN), Comparison(COMPARISON)):
            for name in table._tables:
                frame = getattr(table, name)()
                self.assertIsInstance(frame, pandas.DataFrame)
                self.assertEqual(len(frame), len(table.records(name)))
        self.assertEqual(self.run_.rounds()["round"].tolist(), [0, 1, 2] * 3)
        with self.assertRaisesRegex(TicketError, "no table 'none'; there are metrics, rounds"):
            self.run_.records("none")


class ComparisonTests(unittest.TestCase):
    def test_rows_begin_with_what_varies(self):
        comparison = Comparison(COMPARISON)
        self.assertEqual(list(comparison.runs), ["density=0.3/seed-1", "density=0.6/seed-1"])
        self.assertEqual(comparison.plan["vary"], [{"option": "density", "values": [0.3, 0.6]}])
        scores = comparison.records("scores")
        self.assertEqual(sorted({(row["vary.density"], row["sharing"], row["seed"]) for row in scores}),
                         [(d, s, 1) for d in (0.3, 0.6) for s in ("hard", "sparse")])
        overlaps = {row["vary.density"]: row["value"] for row in scores if row["metric"] == "overlap"}
        for density, run in zip((0.3, 0.6), comparison.runs.values()):
            self.assertEqual(overlaps[density], run.overlap()["overlap"]["all"])
        of_run = {(row["sharing"], row["task"]): row["value"] for row in Run(RUN).records("scores")}
        for row in scores:
            if row["vary.density"] == 0.3 and not row["metric"].startswith("overlap"):
                self.assertEqual(row["value"], of_run[row["sharing"], row["task"]])
        rounds = comparison.records("rounds")
        self.assertEqual({row["run"]: row["vary.density"] for row in rounds},
                         {"density=0.3/seed-1": 0.3, "density=0.6/seed-1": 0.6})
        self.assertEqual({(row["vary.density"], row["sharing"]) for row in comparison.records("costs")},
                         {(d, s) for d in (0.3, 0.6) for s in ("hard", "sparse")})
        self.assertGreater(len(comparison.records("metrics")), 20)

    def test_folders_of_values_that_cannot_name_one_are_numbered(self):
        from tickets.runs import _slugs
        for values, slugs in (([0.5, 1], ["x=0.5", "x=1"]), (["a/b", "c"], ["x=1", "x=2"]),
                              (["a", "A"], ["x=1", "x=2"]), (["", 2], ["x=1", "x=2"]),
                              ([["a"], "b"], ["x=1", "x=2"]), (["c" * 99], ["x=1"])):
            found = _slugs({"option": "x", "values": values}, Path("c"))
            self.assertEqual(found, [("x", v, s) for v, s in zip(values, slugs)])


class DamageTests(unittest.TestCase):
    """Whatever is wrong with a run is a TicketError that names the file."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        shutil.copytree(RUN, self.folder / "run")
        self.path = self.folder / "run"

    def all(self):
        run = Run(self.path)
        run.overlap()
        return [run.records(table) for table in run._tables]

    def test_folders_that_are_no_runs(self):
        for opened in (Run, Comparison):
            with self.assertRaisesRegex(TicketError, "/none/.*json: cannot be read"):
                opened(self.folder / "none")
        with self.assertRaisesRegex(TicketError, r"comparison\.json: cannot be read"):
            Comparison(self.path)

    def test_files_whose_digest_does_not_fit(self):
        for name in ("run.json", "vocabulary.json", "tickets/ner/rounds.json"):
            file = self.path / name
            good = file.read_bytes()
            for bad in (good.replace(b"1", b"2", 1), good + b"\n", good[:-70] + b"}"):
                file.write_bytes(bad)
                with self.assertRaisesRegex(TicketError, f"{name}: is (damaged|no JSON)"):
                    self.all()
            file.write_bytes(good)
        self.all()

    def test_files_with_other_contents(self):
        for name, text in (
                ("run.json", "[]"), ("run.json", "{}"), ("run.json", "[" * 100_000),
                ("run.json", '{"recipe": 1}'), ("vocabulary.json", '{"tasks": [{"name": "../x"}]}'),
                ("vocabulary.json", '{"tasks": {}}'), ("vocabulary.json", '{"tasks": [1]}'),
                ("metrics/warmup.jsonl", "{}\n{\n"), ("metrics/warmup.jsonl", "1\n"),
                ("tickets/ner/rounds.json", '{"rounds": [{}]}'),
                ("tickets/ner/rounds.json", '{"rounds": [{"round": 1, "alive": "x", "bestEpoch": 1}]}'),
                ("results/test-scores.json", "{}"),
                ("results/test-scores.json", self.kept('{"content": {}, "inputs": [1]}')),
                ("results/test-scores.json", self.kept('{"content": {}, "inputs": []}')),
                ("results/test-scores.json", self.kept('{"content": {"results": [1]}, "inputs": []}'))):
            file = self.path / name
            good = file.read_bytes()
            file.write_text(text)
            with self.subTest(f"{name}: {text[:50]}"), self.assertRaisesRegex(TicketError, name):
                self.all()
            file.write_bytes(good)

    @staticmethod
    def kept(text):
        return hashlib.sha256(text.encode()).hexdigest() + "\n" + text

    def test_a_torn_last_line_is_left_out(self):
        before = len(Run(self.path).records("metrics"))
        with open(self.path / "metrics/warmup.jsonl", "a") as file:
            file.write('{"stage": "war')
        self.assertEqual(len(Run(self.path).records("metrics")), before)

    def test_scores_of_other_weights_are_refused(self):
        shutil.copy(self.path / "train/hard/weights.safetensors",
                    self.path / "train/sparse/weights.safetensors")
        with self.assertRaisesRegex(TicketError, "was measured before .*sparse/weights.safetensors changed"):
            Run(self.path).records("scores")

    def test_names_do_not_lead_out_of_the_run(self):
        run = Run(self.path)
        for call in (lambda: run.ticket("../ner"), lambda: run.weights("../train/hard"),
                     lambda: run.weights("hard", "..")):
            with self.assertRaises(TicketError):
                call()

    def test_pipes_are_not_waited_for(self):
        for name in ("run.json", "theta0.safetensors", "tickets/ner/ticket.ticket"):
            file = self.path / name
            good = file.read_bytes()
            file.unlink()
            os.mkfifo(file)
            with self.assertRaisesRegex(TicketError, f"{name}: is no plain file"):
                self.all()
            file.unlink()
            file.write_bytes(good)

    def test_damaged_weights(self):
        file = self.path / "theta0.safetensors"
        good = file.read_bytes()
        length = int.from_bytes(good[:8], "little")

        def headed(header):
            text = json.dumps(header).encode()
            return len(text).to_bytes(8, "little") + text + bytes(8)

        entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
        file.write_bytes(headed({"w": entry}))
        self.assertEqual(read_tensors(file)["w"].tolist(), [0, 0])
        for change in ({"shape": [3]}, {"shape": [1 << 62, 4]}, {"shape": [-2, -1]}, {"shape": [2.0]},
                       {"shape": [True, 2]}, {"data_offsets": [0, 9]}, {"data_offsets": [-8, 0]},
                       {"data_offsets": [8, 16]}, {"data_offsets": [0]}, {"dtype": "F31"}, {"dtype": 1}):
            file.write_bytes(headed({"w": entry | change}))
            with self.subTest(change), self.assertRaisesRegex(TicketError, "tensor 'w' does not fit"):
                read_tensors(file)
        for data in (b"", good[:4], good[:length], (1 << 62).to_bytes(8, "little") + good[8:],
                     good[:8] + b"[" + good[9:], headed([1]), headed(entry), good[:-1]):
            file.write_bytes(data)
            with self.assertRaisesRegex(TicketError, "theta0.safetensors: "):
                read_tensors(file)


if __name__ == "__main__":
    unittest.main()
