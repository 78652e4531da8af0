"""What a captured function needs, one item per name: imports, definitions and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.session.names import Uses
from aibro_jupyter.capturing.session.settings import Setting
from aibro_jupyter.capturing.session.source import Segment


@dataclass(kw_only=True, eq=False)
class Imported:
    """A name that import statements bind."""

    name: str
    statements: list[str]


@dataclass(kw_only=True, eq=False)
class Defined:
    """A function or class written in the notebook."""

    name: str
    value: Any
    segment: Segment


@dataclass(kw_only=True, eq=False)
class Held:
    """A value the notebook holds under a name: a literal where that is readable, else a file in model/."""

    name: str
    value: Any
    cell: str
    literal: str | None = None
    imports: tuple[str, ...] = ()
    """Statements that the literal needs."""
    needs: tuple[str, ...] = ()
    """Other items that the literal names."""
    comment: str = ""
    """What the notebook says of it on the same line."""
    order: tuple[int, int] = (0, 0)
    """Cell number and line where the name was first bound."""
    made: str = ""
    """The call that made it, for a saver that asks for it."""


@dataclass(kw_only=True, eq=False)
class Alias:
    """A second name of the same object."""

    name: str
    of: str


Item = Imported | Defined | Held | Alias


@dataclass(frozen=True, kw_only=True)
class Patch:
    """An assignment such as ``np.float_ = np.float64`` that still holds."""

    text: str
    target: str
    """``np.float_``."""
    place: tuple[str, str, str]
    """Module, class in it or "", and attribute: ``("numpy", "", "float_")``."""
    cell: str
    line: int
    uses: Uses
    known: bool = True
    """The repo imports its library; else only another library may."""

    @property
    def root(self) -> str:
        """Return the variable that it begins with: ``np``."""
        return self.target.partition(".")[0]


@dataclass(kw_only=True)
class Culprit:
    """Something that keeps a function from being captured."""

    name: str
    cell: str
    reason: str
    fix: str
    kind: str = ""
    """Its type, or another short word that goes beside its name."""

    def headline(self) -> str:
        """Return it as the end of "it uses ..."."""
        return f"it uses {self._where()}: {self.reason}"

    def line(self) -> str:
        """Return variable, cell, reason and fix in one line."""
        return f"{self._where()}: {self.reason}. Fix: {self.fix}"

    def _where(self) -> str:
        place = ", ".join(part for part in (self.cell, self.kind) if part)
        return f"'{self.name}'" + (f" ({place})" if place else "")


@dataclass(kw_only=True)
class Notes:
    """What a step of a capture has to say: what forbids it, and what to warn of."""

    culprits: list[Culprit] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def refuse(self, name: str, cell: str, reason: str, fix: str, kind: str = "") -> None:
        """Add a culprit, once."""
        culprit = Culprit(name=name, cell=cell, reason=reason, fix=fix, kind=kind)
        if culprit not in self.culprits:
            self.culprits.append(culprit)


@dataclass(kw_only=True)
class Gathered(Notes):
    """All that a function needs: what to emit, what to warn of, what forbids it. Only gathering writes it."""

    items: dict[str, Item] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    """Name -> the name that first asked for it."""
    home: set[str] = field(default_factory=set)
    """Names that must live in notebook_code.py, since pickles import them from there."""
    rehomed: dict[str, Any] = field(default_factory=dict)
    """Name in notebook_code.py -> live function or class that pickles refer to."""
    early: set[str] = field(default_factory=set)
    """Names that must exist while definitions run."""
    reached: set[str] = field(default_factory=set)
    """Top-level modules that saved values name."""
    modules: set[str] = field(default_factory=set)
    """The same with their dots, and those that a proof missed."""
    shared: list[tuple[str, ...]] = field(default_factory=list)
    """Groups of values that hold each other, so that they go into one file."""
    extra: set[str] = field(default_factory=set)
    """Names that code reaches through text, so that every module must have them."""
    along: dict[str, list[str]] = field(default_factory=dict)
    """Name -> names that must come with it though nothing reads them: what a generic function dispatches to."""
    undecorated: dict[int, str] = field(default_factory=dict)
    """Id of a function inside a value -> the name that its decorator's result has taken."""
    stale: dict[str, str] = field(default_factory=dict)
    """Class whose name has another class by now -> the value that still is of the older one."""
    moved: list[type] = field(default_factory=list)
    """Classes of modules that were loaded again since, with the same code."""
    settings: list[Setting] = field(default_factory=list)
    """Calls and assignments that change libraries as the notebook changed them."""
    unneeded: list[Patch] = field(default_factory=list)
    """What the notebook changed in libraries and the repo does not: no code of its own names it."""
    sources: dict[str, Path] = field(default_factory=dict)
    """Relative path -> the file elsewhere on this machine that becomes it."""
    files: dict[str, str] = field(default_factory=dict)
    """Relative path -> who reads it: files beside the notebook that code opens by a literal name."""
    asked: Mapping[str, str] = field(default_factory=dict)
    """Relative path -> who asked: files that come along because their owner said so, whoever reads them."""
    brought: dict[str, str] = field(default_factory=dict)
    """Relative path -> the pattern it fits: files of which a request chooses one."""
    by_sample: set[str] = field(default_factory=set)
    """Relative paths that no name in the code told, and that a sample led to."""
    written: dict[str, str] = field(default_factory=dict)
    """Path -> the call that opens it for writing: files that nobody reads."""

    def roots(self) -> set[str]:
        """Return the top-level modules that the code imports or the values name."""
        found = [item.statements for item in self.items.values() if isinstance(item, Imported)]
        return self.reached | {line.split()[1].partition(".")[0] for lines in found for line in lines}

    def cell_of(self, name: str) -> str:
        """Return the cell that a name's definition or value comes from; empty when nothing tells."""
        match self.items.get(name):
            case Defined(segment=segment):
                return segment.cell
            case Held(cell=cell):
                return cell
        return ""

    def defined(self) -> list[Defined]:
        """Return the definitions in the order they were found."""
        return [item for item in self.items.values() if isinstance(item, Defined)]

    def held(self) -> list[Held]:
        """Return the values in the order they were found."""
        return [item for item in self.items.values() if isinstance(item, Held)]
