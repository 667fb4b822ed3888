"""Makes correlations.json: Spearman's ρ by SciPy and the mean squared error by NumPy.

    pip install scipy
    python make_correlations.py > correlations.json

Numbers are small fractions, which float32 holds exactly, with many, few or no ties. SciPy has no ρ
where a side is constant; the package says 0 there.
"""

import json
import warnings

import numpy
from scipy.stats import spearmanr

warnings.filterwarnings("ignore")


def case(seed, count, distinct, noise):
    random = numpy.random.default_rng(seed)
    gold = random.integers(0, distinct, count) / 4 - 2
    predicted = gold + random.integers(-noise, noise + 1, count) / 8
    rho = spearmanr(predicted, gold).statistic
    return {"predicted": predicted.tolist(), "gold": gold.tolist(),
            "rho": 0 if numpy.isnan(rho) else float(rho),
            "mse": float(numpy.mean((predicted - gold) ** 2))}


print(json.dumps([case(seed, count, distinct, noise)
                  for seed, (count, distinct, noise) in enumerate(
                      [(1, 5, 1), (2, 1000, 3), (3, 1, 2), (10, 3, 0), (25, 4, 9), (40, 1000, 60),
                       (100, 7, 5), (200, 100000, 900), (60, 2, 1)])], separators=(",", ":")))
