"""A module in the making, and the small words that its parts share."""

from __future__ import annotations

from dataclasses import dataclass, field

from aibro_jupyter.capturing.session.items import Alias, Gathered, Held
from aibro_jupyter.capturing.session.settings import Setting
from aibro_jupyter.capturing.values.store import Load


@dataclass(kw_only=True)
class Script:
    """One module in the making."""

    doc: str
    names: list[str]
    """The items it defines, in an order that runs."""
    from_home: list[str] = field(default_factory=list)
    apart: bool = False
    """The function to serve has a name that predict.py needs itself, so that it is reached through its module."""
    early: list[Load] = field(default_factory=list)
    """Loads that happen while it is imported, before any definition."""
    loads: list[Load] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)

    def after_loads(self, gathered: Gathered) -> list[Alias | Held]:
        """Return what is made of loaded values: second names of them, their methods, what holds those."""
        made = {name for load in self.loads for name in load.names}
        found: list[Alias | Held] = []
        for item in (gathered.items[name] for name in self.names):
            match item:
                case Alias(of=of) if of in made:
                    found.append(item)
                case Held(literal=str(), needs=needs) if made & set(needs):
                    found.append(item)
                case _:
                    continue
            made.add(item.name)
        return found


def statement_of(item: Alias | Held) -> str:
    """Return the line of a second name, or of a value under the comments that the notebook has on it, and its cell."""
    if isinstance(item, Alias):
        return f"{item.name} = {item.of}"
    told = ", ".join(part for part in (item.comment, item.cell) if part)
    return f"{item.name} = {item.literal}{from_cell(told)}"


def from_cell(cell: str) -> str:
    """Return the comment that says which cell a line comes from; empty when nothing tells."""
    return f"  # {cell}" if cell else ""


def noted(load: Load) -> str:
    """Return a load's statement with its cells."""
    lines = load.source.split("\n")
    cells = ", ".join(dict.fromkeys(cell for cell in load.cells if cell))
    return "\n".join([lines[0] + from_cell(cells), *lines[1:]])


def safe(text: str) -> str:
    """Return a text that may stand in a docstring."""
    return text.replace("\\", "\\\\").replace('"""', "'''").rstrip('"')
