"""What a call may change around it: random numbers, folder, environment, import path, logging, warnings, figures."""

from __future__ import annotations

import logging
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from aibro_jupyter.capturing.session.settings import put_back


def put_back_all() -> Iterator[Callable[[], object]]:
    """Yield what restores the process around the notebook, one step for each of its parts."""
    yield from _random()
    yield partial(os.chdir, os.getcwd())
    yield partial(_environment, dict(os.environ))
    for listed in (sys.path, *_handlers()):
        yield partial(_list, listed, list(listed))
    yield partial(_filters, list(warnings.filters))
    yield partial(sys.setrecursionlimit, sys.getrecursionlimit())
    yield partial(logging.disable, logging.root.manager.disable)
    for logger in _loggers():
        yield partial(_logger, logger, logger.level, logger.disabled, logger.propagate)
    yield from _figures()
    yield from put_back()


def _random() -> Iterator[Callable[[], object]]:
    yield partial(random.setstate, random.getstate())
    if numpy_random := sys.modules.get("numpy.random"):
        yield partial(numpy_random.set_state, numpy_random.get_state(legacy=False))
    if torch := sys.modules.get("torch"):
        yield partial(torch.set_rng_state, torch.get_rng_state())
        yield partial(torch.set_grad_enabled, torch.is_grad_enabled())
        if torch.cuda.is_initialized():
            yield partial(torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all())


def _environment(variables: dict[str, str]) -> None:
    for name in set(os.environ) - set(variables):
        del os.environ[name]
    os.environ.update(variables)


def _list(listed: Any, before: list[Any]) -> None:
    if list(listed) != before:
        listed[:] = before


def _filters(before: list[Any]) -> None:
    if warnings.filters != before:
        warnings.filters[:] = before  # type: ignore[index]
        warnings._filters_mutated()  # type: ignore[attr-defined]


def _logger(logger: logging.Logger, level: int, disabled: bool, propagate: bool) -> None:
    logger.disabled, logger.propagate = disabled, propagate
    if logger.level != level:
        logger.setLevel(level)


def _loggers() -> list[logging.Logger]:
    known = [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    return [logging.root, *known]


def _handlers() -> list[list[Any]]:
    return [listed for logger in _loggers() for listed in (logger.handlers, logger.filters)]


def _figures() -> Iterator[Callable[[], object]]:
    """Close the figures that a call opens, and have the one current again that was."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    before = pyplot.get_fignums()
    current = pyplot.gcf().number if before else None

    def undo() -> None:
        for number in set(pyplot.get_fignums()) - set(before):
            pyplot.close(number)
        if current in pyplot.get_fignums():
            pyplot.figure(current)

    yield undo
