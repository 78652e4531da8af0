"""``%aibro`` and ``%%aibro``: the verbs in a notebook, a thin skin over the Python side."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from aibro_jupyter.errors import AibroError
from aibro_jupyter.job import Job
from aibro_jupyter.jupyter.completion import matcher
from aibro_jupyter.jupyter.line import BEGIN, HELP, begin_in_cell, expanded, with_function, words_of
from aibro_jupyter.jupyter.panel import live, watch_of
from aibro_jupyter.verbs import Asker, parsed, run
from aibro_jupyter.verbs.doctor import labextension_installed, pip_line
from aibro_jupyter.views import View
from aibro_jupyter.views.live import DeployView
from aibro_jupyter.views.watch import Watch, watch_with


class Refused(UsageError):
    """A fact that a person should read, shown as itself instead of a traceback."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self._lines = lines

    @classmethod
    def telling(cls, error: AibroError) -> Refused:
        """Return an error of ours as what a cell shows."""
        first, *rest = error.story()
        return cls([f"✗ {first}", *rest])

    def _render_traceback_(self) -> list[str]:
        return self._lines


class ShownJob(Job):
    """The job that a magic returns: its card is on the page already, so its own cell does not show it twice."""

    def __init__(self, view: DeployView, execution_count: int) -> None:
        super().__init__(job_id=view.job.job_id, card=view)
        self._shown_in = execution_count

    def _ipython_display_(self) -> None:
        from IPython import get_ipython
        from IPython.display import display

        shell = get_ipython()
        if shell is None or shell.execution_count != self._shown_in:
            display(self.card._repr_mimebundle_(), raw=True)


@magics_class
class AibroMagics(Magics):
    """The line and cell magics, and what a deploy cell needs before and after its own code runs."""

    shell: InteractiveShell

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._pending: tuple[list[str], str] | None = None
        self._looks: list[Watch] = []

    @no_var_expand
    @line_magic
    def aibro(self, line: str) -> Any:
        """Deploy functions of this notebook as APIs, and look after them: `%aibro help`."""
        return self._run(self._words(line))

    @no_var_expand
    @cell_magic("aibro")  # type: ignore[arg-type]
    def aibro_cell(self, line: str, cell: str) -> Any:
        """Run the cell, then deploy the function it defines. Top-level await needs the notebook's own way in."""
        words = self._words(line)
        if HELP & set(words):
            return self._run(words)
        words = self._deploying(words, cell)
        result = self.shell.run_cell(cell)
        if not result.success:
            raise Refused(["✗ the cell failed, so nothing was deployed"])
        return self._run(words)

    @no_var_expand
    @line_magic(BEGIN)  # type: ignore[arg-type]
    def aibro_begin(self, line: str) -> None:
        """Remember what to do when this cell's own code has run; written by the input transformer only."""
        options, _, cell = line.partition("\0")
        self._pending = (self._deploying(self._words(options), cell), cell)

    def after_cell(self, result: ExecutionResult) -> None:
        """Deploy what the cell defined, if it ran."""
        pending, self._pending = self._pending, None
        if pending is None or not result.success:
            return
        try:
            shown = self._run(pending[0])
        except Refused as error:
            # The cell's own code is over; only its result can still make the cell a failed one.
            result.error_in_exec = error
            self.shell.showtraceback((Refused, error, None))
            return
        if isinstance(shown, View):
            _display(shown)

    def watch(self) -> Watch:
        """Return a new line of steps below the running cell."""
        look = watch_of(self.shell)
        self._looks[:] = [look]
        return look

    def _run(self, words: list[str]) -> Any:
        self._looks.clear()
        names = self.shell.user_ns
        try:
            view = run(expanded(words, names), Asker(prog="%aibro", namespace=names))
        except AibroError as error:
            raise Refused.telling(error) from None
        except KeyboardInterrupt:
            raise Refused(
                ["stopped watching; what is under way goes on", "  `%aibro status` shows how far it is"]
            ) from None
        if isinstance(view, DeployView):
            return ShownJob(view, self.shell.execution_count)
        return None if self._looks else live(view, self.shell)

    def _deploying(self, words: list[str], cell: str) -> list[str]:
        """Return the words with the function named that the cell defines, if they name none."""
        try:
            source: str = self.shell.transform_cell(cell)
            complete = with_function(words, source)
            if "{" not in "".join(words):
                # A mistake in the options is told before the cell's own code runs, not after.
                parsed("%aibro", complete)
            return complete
        except AibroError as error:
            raise Refused.telling(error) from None

    def _words(self, line: str) -> list[str]:
        try:
            return words_of(line)
        except AibroError as error:
            raise Refused.telling(error) from None


def _display(view: View) -> None:
    from IPython.display import display

    display(view)


_LOADED: dict[int, AibroMagics] = {}


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Make the magics, their completion and the widget known; ``%load_ext aibro_jupyter`` calls it."""
    if id(shell) in _LOADED:
        return
    magics = AibroMagics(shell)
    _LOADED[id(shell)] = magics
    shell.register_magics(magics)
    shell.input_transformers_cleanup.append(begin_in_cell)
    shell.events.register("post_run_cell", magics.after_cell)
    shell.Completer.custom_matchers.append(matcher)
    watch_with(magics.watch)
    # Only a Jupyter server names the session; other front-ends start kernels too, and have no sidebar to miss.
    if os.environ.get("JPY_SESSION_NAME") and not labextension_installed():
        print(f"the aibro sidebar is not installed where JupyterLab runs: {pip_line()}")  # noqa: T201


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Undo all of it."""
    magics = _LOADED.pop(id(shell), None)
    if magics is None:
        return
    watch_with(None)
    with contextlib.suppress(ValueError):
        shell.Completer.custom_matchers.remove(matcher)
    with contextlib.suppress(ValueError):
        shell.events.unregister("post_run_cell", magics.after_cell)
    with contextlib.suppress(ValueError):
        shell.input_transformers_cleanup.remove(begin_in_cell)
    for kind, name in (("line", "aibro"), ("cell", "aibro"), ("line", BEGIN)):
        shell.magics_manager.magics[kind].pop(name, None)
