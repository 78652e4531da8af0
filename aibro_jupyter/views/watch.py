"""Who looks on while a deploy runs: a notebook's widget where one was registered, else a terminal, else nobody."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from aibro_jupyter import clock
from aibro_jupyter.protocol import OnStep, Step
from aibro_jupyter.views import View
from aibro_jupyter.views.steps import Steps, stage
from aibro_jupyter.views.text import stage_text


class Watch(Protocol):
    """Takes every step, then the end."""

    steps: Steps

    def step(self, step: Step) -> None:
        """Show how far it is; may be called from any thread."""
        ...

    def done(self, view: View) -> None:
        """Put the result where the steps were."""
        ...

    def settle(self) -> None:
        """Leave the steps as they stood; nothing more comes."""
        ...


class Nobody:
    """Remembers the steps and shows nothing."""

    def __init__(self) -> None:
        self.steps = Steps()

    def step(self, step: Step) -> None:
        """Remember it."""
        self.steps.take(step)

    def done(self, view: View) -> None:
        """Show nothing."""

    def settle(self) -> None:
        """Show nothing."""


class Terminal(Nobody):
    """One line on stderr that is written over, so that stdout stays the program's own; without a tty a line a step."""

    def step(self, step: Step) -> None:
        """Show how far it is."""
        if not self.steps.take(step):
            return
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns - 1
            line = self.steps.text()
            sys.stderr.write(f"\r\x1b[2K{line if len(line) <= width else '… ' + line[2 - width :]}")
        elif step.state != "running":
            sys.stderr.write(f"{stage_text(stage(step))}\n")
        sys.stderr.flush()

    def done(self, view: View) -> None:
        """End the line; the program shows the result."""
        del view
        self.settle()

    def settle(self) -> None:
        """End the line."""
        if self.steps.names and sys.stderr.isatty():
            sys.stderr.write("\n")
            sys.stderr.flush()


_CHOSEN: list[Callable[[], Watch]] = []


def watch_with(make: Callable[[], Watch] | None) -> None:
    """Make every later deploy be watched that way; None goes back to the terminal or nobody."""
    _CHOSEN[:] = [] if make is None else [make]


def watch() -> Watch:
    """Return who looks on in this process."""
    if _CHOSEN:
        return _CHOSEN[-1]()
    return Terminal() if sys.stderr is not None and sys.stderr.isatty() else Nobody()


class Watched:
    """One deploy under watch: the process's own look, and a caller's ``on_step`` as well."""

    def __init__(self, look: Watch, on_step: OnStep | None) -> None:
        self._look = look
        self._on_step = on_step
        self.started = clock.perf()
        self.shown = False
        """Whether the result is where the steps were."""

    def step(self, step: Step) -> None:
        """Tell both of a step."""
        self._look.step(step)
        if self._on_step is not None:
            self._on_step(step)

    def done(self, view: View) -> None:
        """Show the result."""
        self.shown = True
        self._look.done(view)

    @property
    def took_s(self) -> float:
        """Seconds since it began."""
        return clock.perf() - self.started


@contextmanager
def watched(on_step: OnStep | None = None) -> Iterator[Watched]:
    """Have somebody look on; whatever happens inside, nothing is left running on the page."""
    look = watch()
    under = Watched(look, on_step)
    try:
        yield under
    finally:
        if not under.shown:
            look.settle()
