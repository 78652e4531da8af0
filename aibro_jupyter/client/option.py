"""One thing that a person may say, described once: flags, values, default and meaning.

The options of the verbs, their completion and their page in the docs, the parameters of ``deploy`` and the fields of
the form all follow from these.
"""

from __future__ import annotations

import argparse
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, get_type_hints

from aibro_jupyter.client.kinds import FLAG, TEXT, Kind
from aibro_jupyter.errors import BadRequest


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option, or without flags one word at its place."""

    help: str
    """What it means; its unit and what stands in for it are told behind."""
    flags: tuple[str, ...] = ()
    """The one that texts show comes first."""
    name: str = ""
    """What it is called in Python: of a dataclass's field its name, else that of the first flag if not given."""
    reference: str = ""
    """What the reference's ``Inference.deploy`` calls it, if it does; a flag as well."""
    kind: Kind = TEXT
    metavar: str = ""
    default: Any = None
    otherwise: str = ""
    """What stands in where the default does not say it."""
    choices: tuple[str, ...] = ()
    many: bool = False
    required: bool = False
    hidden: bool = False
    """It is understood, and not shown."""
    group: str = ""
    """Of the options of one group a command takes one."""
    label: str = ""
    """What a form calls it; empty: it is in no form."""

    def __post_init__(self) -> None:
        if not self.name and self.flags:
            object.__setattr__(self, "name", self.flags[0].lstrip("-").replace("-", "_"))

    @property
    def spellings(self) -> tuple[str, ...]:
        """All its flags."""
        return (*self.flags, f"--{self.reference.replace('_', '-')}") if self.reference else self.flags

    def add_to(self, tree: argparse._ActionsContainer) -> None:
        """Teach a parser to read it."""
        told: dict[str, Any] = {"help": argparse.SUPPRESS if self.hidden else self.told.replace("%", "%%")}
        default = list(self.default or ()) if self.many else self.default
        if self.kind is FLAG:
            action = "store_false" if self.default else "store_true"
            tree.add_argument(*self.spellings, dest=self.name, action=action, **told)
            return
        told |= {"type": self.kind.read, "metavar": self.shape if not self.choices else None, "default": default}
        told |= {"choices": self.choices or None}
        if self.flags:
            told |= {"dest": self.name} | ({"nargs": "+", "action": "extend"} if self.many else {})
            tree.add_argument(*self.spellings, **told)
        else:
            tree.add_argument(self.name, nargs="*" if self.many else None if self.required else "?", **told)

    @property
    def shape(self) -> str:
        """What its value looks like in a usage line."""
        return self.metavar or self.kind.metavar or self.name.upper()

    @property
    def fallback(self) -> str:
        """What stands in for it, in words; empty: nothing does."""
        if self.otherwise or self.kind is FLAG or self.default in (None, "", ()):
            return self.otherwise
        return " ".join(self.default) if self.many else self.kind.shown(self.default)

    @property
    def told(self) -> str:
        """Its meaning and what stands in for it."""
        return f"{self.meaning} ({self.fallback})" if self.fallback else self.meaning

    @property
    def meaning(self) -> str:
        """Its meaning, for who types it."""
        return f"{self.help}: {self.kind.typed}" if self.kind.typed and not self.fallback else self.help

    def taken(self, value: Any) -> Any:
        """Return a Python value as it is held; ``BadRequest`` that says what to write instead of one that cannot be."""
        if value is None and self.default is None and not self.required:
            return None
        name = f"{self.name} ({self.reference})" if self.reference not in ("", self.name) else self.name
        held = self.kind.held(name, value)
        if self.choices and held not in self.choices:
            wanted = ", ".join(self.choices)
            raise BadRequest(f"{name} must be one of {wanted}, not {held!r}", fix=f"for example {self.choices[0]!r}")
        return held


def options_of(told: type, *only: str) -> tuple[Option, ...]:
    """Return the options that stand at the fields of a dataclass, in their order; ``only`` those of these names."""
    hints = get_type_hints(told, include_extras=True)
    found = []
    # What a class tells itself is what one looks for; what it takes from another comes after.
    for one in sorted(fields(told), key=lambda one: one.name not in told.__annotations__):
        default = one.default_factory() if one.default_factory is not MISSING else one.default
        found += [
            replace(option, name=one.name, default=None if default is MISSING else default)
            for option in getattr(hints[one.name], "__metadata__", ())
            if not only or one.name in only
        ]
    return tuple(found)


def said(told: type, options: argparse.Namespace) -> dict[str, Any]:
    """Return what a command said of a dataclass's options, by field."""
    return {one.name: getattr(options, one.name) for one in options_of(told) if hasattr(options, one.name)}


def take(held: object) -> None:
    """Check every option of a frozen dataclass as it is made, and hold its values as they are held."""
    for option in options_of(type(held)):
        object.__setattr__(held, option.name, option.taken(getattr(held, option.name)))
