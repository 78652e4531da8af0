"""A deployment by choosing instead of typing: a form in a cell's output that runs the very same magic."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import ipywidgets
from IPython.core.interactiveshell import InteractiveShell

from aibro_jupyter.jupyter.offer import offer
from aibro_jupyter.jupyter.picture import with_picture
from aibro_jupyter.machines import DEFAULT_MACHINE, Market, catalogue, machine_id
from aibro_jupyter.views.card import Card, Code, Part, month, rate, row, usd
from aibro_jupyter.views.markup import html
from aibro_jupyter.views.panel import FormView

_WIDE = {"description_width": "9em"}


class DeployForm(ipywidgets.VBox):
    """Choose a function and machines, read what a month costs, press; the deploy's own output follows below."""

    def __init__(self, shell: InteractiveShell, view: FormView) -> None:
        told = offer(shell.user_ns).told
        names = [one["name"] for one in told["functions"]]
        machines = sorted(machine_id(name, Market.ON_DEMAND) for name in catalogue())
        self._shell = shell
        self._view = view
        self.function = _field(ipywidgets.Dropdown, "function", options=names)
        if view.function in names:
            self.function.value = view.function
        self.sample = _field(ipywidgets.Combobox, "sample", options=tuple(f"{one}[:5]" for one in told["samples"]))
        self.name = _field(ipywidgets.Text, "name", placeholder="the function's")
        self.machine = _field(ipywidgets.Combobox, "standby", options=machines, placeholder=DEFAULT_MACHINE)
        self.cooling = _field(ipywidgets.Combobox, "cooling", options=machines, placeholder="none")
        self.clients = _field(ipywidgets.Text, "clients", placeholder="names; empty: public")
        self.line = ipywidgets.HTML()
        self.button = ipywidgets.Button(description="Deploy", button_style="primary", disabled=not names)
        self.output = ipywidgets.Output()
        self.fields = (self.function, self.sample, self.name, self.machine, self.cooling, self.clients)
        super().__init__([*self.fields, self.line, self.button, self.output])
        for field in self.fields:
            field.observe(self._changed, names="value")
        self.button.on_click(self._deploy)
        self._changed()

    def words(self) -> list[str]:
        """Return what a person would type."""
        words = ["deploy", str(self.function.value)]
        for option, field in (("--name", self.name), ("--sample", self.sample), ("--machine", self.machine),
                              ("--cooling", self.cooling)):  # fmt: skip
            if field.value.strip():
                words += [option, field.value.strip()]
        clients = self.clients.value.replace(",", " ").split()
        return [*words, "--mint", *clients] if clients else words

    def _changed(self, _change: Any = None) -> None:
        typed = f"%aibro {shlex.join(self.words())}"
        self.line.value = html(Card(body=(row("runs", Code(typed)), row("money", *self._costs()))))

    def _costs(self) -> Iterator[Part]:
        yield from ("this computer: ", usd(0))
        prices = {machine_id(name, Market.ON_DEMAND): found.on_demand_micros for name, found in catalogue().items()}
        standby = prices.get(self.machine.value.strip() or DEFAULT_MACHINE)
        if standby is None:
            return
        yield from (" · on AWS ", month(standby))
        cooling = prices.get(self.cooling.value.strip())
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
