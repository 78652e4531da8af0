"""A deployment by choosing instead of typing: a form in a cell's output that runs the very same magic."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import ipywidgets
from IPython.core.interactiveshell import InteractiveShell

from aibro_jupyter.client.kinds import Offers
from aibro_jupyter.jupyter.offer import offer
from aibro_jupyter.jupyter.picture import with_picture
from aibro_jupyter.machines import DEFAULT_MACHINE, Market, catalogue, machine_id
from aibro_jupyter.verbs.deploying import deploy
from aibro_jupyter.views.card import Card, Code, Part, month, rate, row, usd
from aibro_jupyter.views.markup import html
from aibro_jupyter.views.panel import FormView

_WIDE = {"description_width": "9em"}


class DeployForm(ipywidgets.VBox):
    """Choose a function and machines, read what a month costs, press; the deploy's own output follows below."""

    def __init__(self, shell: InteractiveShell, view: FormView) -> None:
        told = offer(shell.user_ns).told
        names = [one["name"] for one in told["functions"]]
        suggested = {
            Offers.MACHINES: sorted(machine_id(name, Market.ON_DEMAND) for name in catalogue()),
            Offers.VARIABLES: told["samples"],
        }
        self._shell = shell
        self._view = view
        self.function = _field(ipywidgets.Dropdown, "function", options=names)
        if view.function in names:
            self.function.value = view.function
        self.fields = {
            option: _field(
                ipywidgets.Combobox,
                option.label,
                options=suggested.get(option.kind.offers, ()),
                placeholder=option.fallback,
            )
            for option in deploy.options
            if option.label
        }
        self.line = ipywidgets.HTML()
        self.button = ipywidgets.Button(description="Deploy", button_style="primary", disabled=not names)
        self.output = ipywidgets.Output()
        chosen = [self.function, *self.fields.values()]
        super().__init__([*chosen, self.line, self.button, self.output])
        for field in chosen:
            field.observe(self._changed, names="value")
        self.button.on_click(self._deploy)
        self._changed()

    def words(self) -> list[str]:
        """Return what a person would type."""
        words = ["deploy", str(self.function.value)]
        for option, field in self.fields.items():
            if typed := field.value.strip():
                words += [option.flags[0], *(typed.replace(",", " ").split() if option.many else [typed])]
        return words

    def _changed(self, _change: Any = None) -> None:
        typed = f"%aibro {shlex.join(self.words())}"
        self.line.value = html(Card(body=(row("runs", Code(typed)), row("money", *self._costs()))))

    def _costs(self) -> Iterator[Part]:
        yield from ("this computer: ", usd(0))
        prices = {machine_id(name, Market.ON_DEMAND): found.on_demand_micros for name, found in catalogue().items()}
        typed = {option.name: field.value.strip() for option, field in self.fields.items()}
        standby = prices.get(typed["machine"] or DEFAULT_MACHINE)
        if standby is None:
            return
        yield from (" · on AWS ", month(standby))
        cooling = prices.get(typed["cooling"])
        if cooling is not None:
            yield from (" + ", rate(cooling), " while cooling is awake")

    def _deploy(self, _button: Any) -> None:
        self.button.disabled = True
        self.output.clear_output()
        try:
            with self.output:
                self._shell.run_line_magic("aibro", shlex.join(self.words()))
        finally:
            self.button.disabled = False

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_picture(super()._repr_mimebundle_(**kwargs), self._view)


def _field(kind: Any, name: str, **more: Any) -> Any:
    return kind(description=name, style=_WIDE, layout={"width": "32em"}, **more)
