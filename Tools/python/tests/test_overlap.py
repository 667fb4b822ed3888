"""Overlap ratios: by hand, by sampling, and against the tool."""

import itertools
import json
import math
import os
import subprocess
import tempfile
import unittest

import numpy as np
from tickets import Ticket, TicketError, overlap, write_ticket
from tickets._random import RandomOverlap


def ticket(masks, origin="ab" * 32):
    return Ticket({name: np.array(mask, np.bool_) for name, mask in masks.items()}, "ner", origin)


class ByHandTests(unittest.TestCase):
    def test_two_tickets(self):
        report = overlap({"a": ticket({"w": [1, 1, 0, 0], "v": [[1], [0]]}),
                          "b": ticket({"w": [0, 1, 1, 0], "v": [[1], [0]]})})
        self.assertEqual(report["tasks"], ["a", "b"])
        self.assertEqual((report["prunable"], report["union"]), (6, 4))
        self.assertEqual(report["alive"], {"a": 3, "b": 3})
        self.assertEqual(report["density"], {"a": 0.5, "b": 0.5})
        self.assertEqual(report["overlap"]["all"], 0.5)
        self.assertEqual(report["overlap"]["pairs"][0]["containments"], [2 / 3, 2 / 3])
        self.assertEqual([part["ratio"] for part in report["tensors"]], [1 / 3, 1])
        self.assertNotIn("magnitude", report)

    def test_groups_are_gates_directions_layers_and_modules(self):
        rows = np.zeros((8, 3), np.bool_)
        rows[2:4] = True  # all of gate f
        report = overlap({"a": ticket({"lstm.weight_ih_l0": rows, "lstm.weight_hh_l1_reverse": ~rows,
                                       "conv.weight": [1, 0]})})
        alive = {(g["group"], g["name"]): g["alive"]["a"] for g in report["groups"]}
        self.assertEqual(alive, {
            ("gate", "i"): 6, ("gate", "f"): 6, ("gate", "g"): 6, ("gate", "o"): 6,
            ("direction", "forward"): 6, ("direction", "backward"): 18,
            ("layer", "0"): 6, ("layer", "1"): 18, ("module", "lstm"): 24, ("module", "conv"): 1})
        two = overlap({"a": ticket({"b.weight_ih_l0": rows, "c.weight_ih_l0": rows})})
        self.assertIn("c f", [g["name"] for g in two["groups"]])

    def test_a_ratio_without_weights_is_none(self):
        report = overlap({"a": ticket({"w": [0, 0]}), "b": ticket({"w": [0, 0]})},
                         theta0={"w": np.ones(2, np.float32)})
        self.assertIsNone(report["overlap"]["all"])
        self.assertEqual(report["overlap"]["expected"], {"ratio": None, "z": None})
        self.assertEqual(report["magnitude"], {})

    def test_what_a_ticket_lacks_is_dead(self):
        report = overlap({"a": ticket({"lstm.module10.w": [1, 1]}),
                          "b": ticket({"lstm.module2.w": [1, 0], "lstm.module10.w": [0, 1]})})
        self.assertEqual([t["name"] for t in report["tensors"]], ["lstm.module2.w", "lstm.module10.w"])
        self.assertEqual((report["prunable"], report["overlap"]["intersection"], report["union"]),
                         (4, 1, 3))
        self.assertEqual(report["density"], {"a": 1, "b": 0.5})

    def test_magnitude_of_theta0(self):
        theta0 = {"w": np.array([-4, 1, 3, 2], np.float32)}
        report = overlap({"a": ticket({"w": [1, 0, 1, 0]}), "b": ticket({"w": [1, 1, 0, 0]})},
                         theta0=theta0)
        self.assertEqual(report["magnitude"], {"a": 1, "b": 1 / 3})
        # Every weight is a stratum of its own: random masks have no choice.
        self.assertEqual(report["overlap"]["theta0"], {"ratio": 1 / 3, "z": None})

    def test_what_cannot_be_compared_is_said(self):
        a = ticket({"w": [1, 0]})
        for others, problem in (
                ({}, "no tickets to compare"),
                ({"a": a, "b": ticket({"w": [[1, 0]]})}, r"'a' and 'b'.*'w' is \[2\] against \[1, 2\]"),
                ({"a": a, "b": ticket({"w": [1, 0]}, "1" * 64)}, "do not start from the same weights"),
                ({"a": a, "b": ticket({"v": [1, 0]}, "1" * 64)}, "different networks.*'w' against")):
            with self.assertRaisesRegex(TicketError, problem):
                overlap(others)
        overlap({"a": a, "b": ticket({"w": [1, 0]}, "1" * 64)}, across_weights=True)
        for theta0, problem in (({}, "no tensor 'w'"), ({"w": np.ones(3)}, "no tensor 'w'"),
                                ({"w": np.array([1, math.nan])}, "not all finite")):
            with self.assertRaisesRegex(TicketError, problem):
                overlap({"a": a}, theta0=theta0)


class RandomTests(unittest.TestCase):
    def test_moments_are_those_of_all_masks(self):
        """Every choice of a_t weights of n, for each task, listed."""
        for n, counts in ((5, (2, 3)), (4, (1, 1)), (4, (2, 2, 3)), (3, (1, 2, 1)), (4, (0, 2)),
                          (4, (4, 2, 3))):
            places = [list(itertools.combinations(range(n), a)) for a in counts]
            found = [(len(set.intersection(*map(set, chosen))), len(set.union(*map(set, chosen))))
                     for chosen in itertools.product(*places)]
            both, union = np.array(found, float).T
            ratio = both.mean() / union.mean()
            random = RandomOverlap([(n, counts)])
            self.assertAlmostEqual(random.ratio, ratio, places=12)
            deviation = (both - ratio * union).std() / union.mean()
            z = random.z(ratio + 1)
            if deviation < 1e-12:
                self.assertTrue(z is None or z > 1e6)
            else:
                self.assertAlmostEqual(z, 1 / deviation, places=9)


@unittest.skipUnless(os.environ.get("TICKETS_TOOL"), "TICKETS_TOOL does not name the built tool")
class ToolTests(unittest.TestCase):
    def test_the_tool_prints_the_same(self):
        generator = np.random.default_rng(6)
        shapes = {"conv.weight": (7, 3, 3), "lstm.weight_ih_l0": (40, 12),
                  "lstm.weight_hh_l0_reverse": (40, 10), "char_lstm.weight_ih_l0": (12, 5)}
        with tempfile.TemporaryDirectory() as folder:
            made, files = {}, []
            for task, density in (("pos", 0.6), ("chunk", 0.3), ("ner", 0.05)):
                made[task] = Ticket(
                    {name: generator.random(shape) < density for name, shape in shapes.items()},
                    task, "0" * 64)
                files.append(f"{folder}/{task}.ticket")
                write_ticket(files[-1], made[task])
            printed = subprocess.run([os.environ["TICKETS_TOOL"], "overlap", *files, "--json"],
                                     capture_output=True, check=True).stdout
        same(self, overlap(made), json.loads(printed))


def same(test, ours, theirs, place=""):
    """Counts and ratios are equal; z within rounding, as mathematics libraries differ in it."""
    test.assertEqual(type(ours) is dict, type(theirs) is dict, place)
    if isinstance(ours, dict):
        test.assertEqual(ours.keys(), theirs.keys(), place)
        for key in ours:
            same(test, ours[key], theirs[key], f"{place}.{key}")
    elif isinstance(ours, list):
        test.assertEqual(len(ours), len(theirs), place)
        for i, (a, b) in enumerate(zip(ours, theirs)):
            same(test, a, b, f"{place}.{i}")
    elif place.endswith(".z") and None not in (ours, theirs):
        test.assertAlmostEqual(ours, theirs, delta=1e-9 * abs(theirs), msg=place)
    else:
        test.assertEqual(ours, theirs, place)


if __name__ == "__main__":
    unittest.main()
