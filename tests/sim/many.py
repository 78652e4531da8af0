"""Many seeds on all cores."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator

from tests.sim.day import Came, play

CHUNK = 20


def safely(seed: int) -> Came:
    """Play a seed; what raises is broken too."""
    try:
        return play(seed)
    except Exception as error:  # noqa: BLE001
        # The seed is what a person needs; playing it again shows the rest.
        return Came(seed=seed, writes=0, tally={}, broken=(f"{type(error).__name__}: {error}",))


def many(seeds: Iterable[int], processes: int) -> Iterator[Came]:
    """Play seeds in so many processes; they come as they are done."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(safely, seeds, chunksize=CHUNK)
