"""What masks that keep random weights would overlap by.

Each task's mask keeps, in every stratum of the weights, as many as its ticket does, drawn without
replacement and independently of the other tasks' masks. In a stratum of n weights of which task t
keeps a_t, p = Π a_t/n is the probability that a weight is alive in all tasks and q = Π (n − a_t)/n
that it is dead in all. With I the weights alive in all and Z those dead in all, the union being n − Z:

    E[I] = n p                          E[Z] = n q
    Var I = n p + n(n − 1) Π a_t(a_t − 1)/(n(n − 1)) − (n p)²       Var Z: with n − a_t
    Cov(I, Z) = n(n − 1) Π a_t(n − a_t)/(n(n − 1)) − n² p q

Strata are independent: moments add up.
"""

from collections.abc import Iterable, Sequence
import math

Stratum = tuple[int, Sequence[int]]
"""The number of weights, and those alive in each task."""


class RandomOverlap:
    """The moments over some strata, all of the same tasks."""

    def __init__(self, strata: Iterable[Stratum]) -> None:
        self._intersection = self._union = 0.0
        self._intersection_variance = self._dead_variance = self._covariance = 0.0
        for count, alive in strata:
            if count > 0:
                self._add(float(count), [float(a) for a in alive])

    @property
    def ratio(self) -> float | None:
        """The expected ratio E[I]/E[U]; None if the union is empty."""
        return self._intersection / self._union if self._union > 0 else None

    def z(self, observed: float | None) -> float | None:
        """How many standard deviations the ratio `observed` lies above the expected one; None where
        random masks have no choice. The deviation is that of the ratio's linearisation in I and U."""
        ratio = self.ratio
        if observed is None or ratio is None:
            return None
        variance = (self._intersection_variance + 2 * ratio * self._covariance
                    + ratio * ratio * self._dead_variance)
        if not variance > 0:
            return None
        return (observed - ratio) * self._union / math.sqrt(variance)

    def _add(self, n: float, alive: list[float]) -> None:
        dead = [n - a for a in alive]
        p, q = _share(alive, n), _share(dead, n)
        self._intersection += n * p
        self._union += n - n * q
        # One random mask among full and empty ones leaves both counts as they are.
        if sum(0 < a < n for a in alive) < 2:
            return
        self._intersection_variance += _variance(alive, n, p)
        self._dead_variance += _variance(dead, n, q)
        self._covariance += n * n * p * q * math.expm1(-(len(alive) - 1) * _log1p(-1 / n))


def _share(counts: list[float], n: float) -> float:
    product = 1.0
    for count in counts:
        product *= count / n
    return product


def _variance(counts: list[float], n: float, share: float) -> float:
    """n p + n(n − 1) Π a(a − 1)/(n(n − 1)) − (n p)² without taking large numbers from each other:
    a(a − 1)/(n(n − 1)) = (a/n)² · (1 − (n − a)/(a(n − 1)))."""
    if not share > 0:
        return 0.0
    logarithm = _log1p(-1 / n)
    for a in counts:
        logarithm += _log1p(-(n - a) / (a * (n - 1)))
    return n * share + n * n * share * share * math.expm1(logarithm)


def _log1p(x: float) -> float:
    return math.log1p(x) if x > -1 else -math.inf
