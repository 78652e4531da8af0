"""Which saver takes a value: those of installed packages first, then ours, from the special to the general."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any

from aibro_jupyter.capturing.savers.arrays import ArraySaver, ArraysSaver, SparseSaver
from aibro_jupyter.capturing.savers.estimators import EstimatorSaver
from aibro_jupyter.capturing.savers.frames import FrameSaver
from aibro_jupyter.capturing.savers.objects import ObjectSaver
from aibro_jupyter.capturing.savers.saver import Saver

GROUP = "aibro_jupyter.savers"


@cache
def savers() -> tuple[Saver, ...]:
    """Return every saver in the order they are asked."""
    others = [found.load()() for found in sorted(entry_points(group=GROUP), key=lambda one: one.name)]
    ours = (ArraySaver(), ArraysSaver(), SparseSaver(), FrameSaver(), EstimatorSaver(), ObjectSaver())
    return (*others, *ours)


def saver_for(value: Any) -> Saver:
    """Return the first saver that handles a value."""
    return next(saver for saver in savers() if saver.handles(value))
