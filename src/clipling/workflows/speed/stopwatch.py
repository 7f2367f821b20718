"""How long something takes, again and again. No torch: what is measured may do without."""

import time
from collections.abc import Callable
from statistics import quantiles

_WARM_UP = 3


def seconds_each(action: Callable[[], object], *, budget: float, at_least: int = 10) -> list[float]:
    """Seconds of each call of `action`, after a few that do not count, until `budget` seconds are spent.

    Of what takes longer than the budget one call does not count.
    """
    start = time.perf_counter()
    for _ in range(_WARM_UP):
        action()
        if time.perf_counter() - start > budget:
            break
    taken: list[float] = []
    while sum(taken) < budget or len(taken) < at_least:
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return taken


def percentile(taken: list[float], share: int) -> float:
    """The value below which `share` percent of `taken` lie."""
    return quantiles(taken, n=100, method="inclusive")[share - 1]
