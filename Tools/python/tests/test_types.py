"""The package passes mypy --strict."""

import importlib.util
from pathlib import Path
import subprocess
import sys
import tempfile
import unittest


@unittest.skipUnless(importlib.util.find_spec("mypy"), "needs mypy")
class TypeTests(unittest.TestCase):
    def test_strict(self):
        folder = Path(__file__).resolve().parents[1]
        with tempfile.TemporaryDirectory() as cache:
            result = subprocess.run(
                [sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache, "tickets"], cwd=folder,
                capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout)


if __name__ == "__main__":
    unittest.main()
