"""The line of steps below a running cell: a widget while it runs, then static markup in its place.

A saved notebook holds the result as html and text, so it reads the same when no kernel runs; where there are no
widgets, a terminal gets the steps in a line.
"""

from __future__ import annotations

from typing import Any

import ipywidgets
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import DisplayHandle, display

from aibro_jupyter.jupyter.picture import with_picture
from aibro_jupyter.protocol import Step
from aibro_jupyter.views import View
from aibro_jupyter.views.panel import FormView, PanelView
from aibro_jupyter.views.steps import Steps
from aibro_jupyter.views.watch import Terminal, Watch


class StepsWidget(ipywidgets.HTML):
    """The steps as a widget that also says what it is where widgets are not shown."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(value=steps.html())
        self._steps = steps

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_picture(super()._repr_mimebundle_(**kwargs), self._steps)


class CellOutput:
    """Shows the steps in one widget and replaces it by what came of them; without a step there is nothing to see."""

    def __init__(self) -> None:
        self.steps = Steps()
        self._widget: StepsWidget | None = None
        self._handle: DisplayHandle | None = None

    def step(self, step: Step) -> None:
        """Show a step; a trait may be set from any thread."""
        changed = self.steps.take(step)
        if self._widget is None:
            self._widget = StepsWidget(self.steps)
            self._handle = display(self._widget, display_id=True)
        elif changed:
            self._widget.value = self.steps.html()

    def done(self, view: View) -> None:
        """Put the result where the steps were."""
        self._replace(view._repr_mimebundle_())

    def settle(self) -> None:
        """Leave the steps as they stood, as plain markup."""
        if self._widget is not None:
            self._replace(self.steps._repr_mimebundle_())

    def _replace(self, bundle: dict[str, str]) -> None:
        if self._handle is None:
            display(bundle, raw=True)
        else:
            self._handle.update(bundle, raw=True)
        if self._widget is not None:
            self._widget.close()


class Printed(Terminal):
    """A terminal without widgets: the steps in a line of their own, then the result."""

    def done(self, view: View) -> None:
        """Print the result."""
        self.settle()
        print(view.text())  # noqa: T201  IPython's terminal is where the person looks


def live(view: View, shell: InteractiveShell) -> Any:
    """Return the widget for a view that has one, where widgets are shown; else the view itself."""
    if getattr(shell, "kernel", None) is None:
        return view
    match view:
        case PanelView():
            # anywidget takes half a second to import: only who looks at the panel pays for it.
            from aibro_jupyter.jupyter.livepanel import LivePanel

            return LivePanel(view)
        case FormView():
            from aibro_jupyter.jupyter.form import DeployForm

            return DeployForm(shell, view)
    return view


def watch_of(shell: InteractiveShell) -> Watch:
    """Return what can show steps in this shell."""
    return CellOutput() if getattr(shell, "kernel", None) is not None else Printed()
