"""Many scenes, by as many processes as are asked for: which of them makes a scene does not change it."""

import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing import get_context

from clipling.applications.pickclutter.clutter import Clutter
from clipling.applications.pickclutter.episodes import Observation
from clipling.applications.pickclutter.simulation import Simulation
from clipling.contracts.errors import InputError

_AHEAD = 4
"""Scenes that may be under way for each process."""


def simulate_scenes(clutter: Clutter, seed: int, count: int, workers: int = 1) -> Iterator[Observation]:
    """Scenes 0 to `count` of the seed, in this order."""
    if workers == 1:
        with Simulation(clutter) as simulation:
            yield from (simulation.observe(seed, index) for index in range(count))
        return
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_leave_stopping_to_the_first)
    try:
        coming = []
        for index in range(count):
            coming.append(pool.submit(_scene, clutter, seed, index))
            if len(coming) == workers * _AHEAD:
                yield coming.pop(0).result()
        for scene in coming:
            yield scene.result()
    except BrokenProcessPool as error:
        raise InputError(
            "a process that simulates scenes was killed, as happens where no memory is left; give fewer --workers"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


@cache
def _simulation(clutter: Clutter) -> Simulation:
    """That of this process, kept until it ends."""
    return Simulation(clutter)


def _scene(clutter: Clutter, seed: int, index: int) -> Observation:
    return _simulation(clutter).observe(seed, index)


def _leave_stopping_to_the_first() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
