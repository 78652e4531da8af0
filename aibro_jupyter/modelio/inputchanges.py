"""In what two inputs differ, as ``aibro.json`` describes them, and whether callers of the one can call the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from .manifest import sole_of
from .scalars import WHOLE, bounds
from .telling import told, told_input

Parameter = dict[str, Any]
_FRACTIONS = ("float", "Float")
_TEXT = frozenset({"object", "string", "str", "String"})
_WITHIN = ("fields", "items", "values", "keys", "cells", "tz", "freq", "format")
"""Words of a description that say how what lies inside is read."""


class InputChange(NamedTuple):
    """One difference between two inputs."""

    text: str
    breaks: bool
    """Bodies that the one takes are refused, or read as something else, by the other."""


def input_changes(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[InputChange]:
    """Return in what the ``input`` of two manifests differs; nothing where one of them says nothing."""
    if before is None or after is None:
        return []
    return list(_changes(before, after))


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[InputChange]:
    was, now = sole_of(before), sole_of(after)
    if was is not None and now is not None:
        yield from _of_parameter(was, now, "the body", "")
    elif was is not now:
        yield InputChange(f"the body was {told_input(before)}, and is {told_input(after)}", breaks=True)
    else:
        old, new = ({str(one["name"]): one for one in said["parameters"]} for said in (before, after))
        yield from (InputChange(f"{name!r} is taken no more", breaks=True) for name in old if name not in new)
        for name, one in new.items():
            if name in old:
                yield from _of_parameter(old[name], one, repr(name), f"{name!r}: ")
            else:
                yield InputChange(f"{name!r} is new ({told(one)})", breaks="default" not in one)


def _of_parameter(old: Parameter, new: Parameter, who: str, where: str) -> Iterator[InputChange]:
    if old["kind"] != new["kind"]:
        yield InputChange(f"{who} was {told(old)}, and is {told(new)}", breaks=True)
        return
    if "default" in old and "default" not in new:
        yield InputChange(f"{who} could be left out, and is wanted", breaks=True)
    if "shape" in old:
        yield from _of_shapes(old["shape"], new["shape"], who)
    if isinstance(old.get("columns"), list):
        yield from _of_columns(_named(old["columns"]), _named(new["columns"]), where)
    if old.get("width") != new.get("width"):
        yield InputChange(f"{who} had {old['width']} columns, and has {new['width']}", breaks=True)
    yield from _of_cells(old, new, who)
    yield from _of_labels(old.get("index", []), new.get("index", []), where)


def _of_shapes(old: list[Any], new: list[Any], who: str) -> Iterator[InputChange]:
    if old != new:
        was, now = ("(" + ", ".join("n" if size is None else str(size) for size in one) + ")" for one in (old, new))
        fits = len(old) == len(new) and all(now in (None, was) for was, now in zip(old, new))  # noqa: B905
        yield InputChange(f"{who} had the shape {was}, and has {now}", breaks=not fits)


def _named(columns: list[Any]) -> dict[str, Parameter]:
    """Return columns by name; those of a row are names alone, its one dtype stands beside them."""
    return {str(one["name"]): one for one in columns} if columns and isinstance(columns[0], dict) else {
        str(one): {} for one in columns
    }  # fmt: skip


def _of_columns(old: dict[str, Parameter], new: dict[str, Parameter], where: str) -> Iterator[InputChange]:
    yield from (InputChange(f"{where}column {name!r} is taken no more", breaks=True) for name in old if name not in new)
    for name, column in new.items():
        if name in old:
            yield from _of_cells(old[name], column, f"{where}column {name!r}")
        else:
            yield InputChange(f"{where}column {name!r} is new", breaks=True)


def _of_cells(old: Parameter, new: Parameter, who: str) -> Iterator[InputChange]:
    """Compare what the cells of a column or an array are, or what lies inside any other value."""
    if [old.get(word) for word in _WITHIN] != [new.get(word) for word in _WITHIN]:
        yield InputChange(f"what lies in {who} is read otherwise", breaks=True)
    was, now = str(old.get("dtype", "")), str(new.get("dtype", ""))
    gone = [one for one in old.get("categories", ()) if one not in new.get("categories", ())]
    if was != now:
        yield InputChange(f"{who} was {was}, and is {now}", breaks=not _holds(was, now, new))
    elif gone:
        yield InputChange(f"{who} takes {gone[0]!r} no more", breaks=True)
    elif old.get("widens") and not new.get("widens"):
        yield InputChange(f"{who} took fractions, and takes whole numbers", breaks=True)


def _holds(was: str, now: str, new: Parameter) -> bool:
    """Tell whether what fits one dtype fits another one."""
    if now in _TEXT:
        return was in (*_TEXT, "category")
    if now.startswith(_FRACTIONS) or new.get("widens"):
        return was.startswith((*WHOLE, *_FRACTIONS))
    if not (was.startswith(WHOLE) and now.startswith(WHOLE)):
        return False
    least, most = bounds(was)
    return bounds(now)[0] <= least and most <= bounds(now)[1]


def _of_labels(old: list[Parameter], new: list[Parameter], where: str) -> Iterator[InputChange]:
    keys = [[str(level["key"]) for level in levels] for levels in (old, new)]
    if keys[0] != keys[1]:
        was, now = (" and ".join(map(repr, one)) or "nothing" for one in keys)
        optional = not old and all(level.get("optional") for level in new)
        yield InputChange(f"{where}rows were labelled by {was}, and are by {now}", breaks=not optional)
        return
    for before, after in zip(old, new):  # noqa: B905 - strict= is younger than some models' Pythons
        yield from _of_cells(before, after, f"{where}label {after['key']!r}")
        if before.get("optional") and not after.get("optional"):
            yield InputChange(f"{where}label {after['key']!r} could be left out, and is wanted", breaks=True)
