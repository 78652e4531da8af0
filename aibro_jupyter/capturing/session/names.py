"""Which globals a piece of code reads: from its bytecode, so that a local never passes for a global."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType

_OPTIMIZED = 0x1
"""CO_OPTIMIZED: a function's code, whose locals are no names."""
_READS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_ITS_OWN = frozenset(
    {"__dict__", "__weakref__", "__module__", "__doc__", "__slotnames__"} | {"__firstlineno__", "__static_attributes__"}
)
_COMPARED = (int, float, str, bytes, tuple, list, dict, set, type(None))
_RUN_IN_PLACE = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})


@dataclass(kw_only=True)
class Uses:
    """What code reads by name. The dicts are ordered sets: first use first."""

    early: dict[str, None] = field(default_factory=dict)
    """Read while the definition itself runs: decorators, defaults, bases, class bodies."""
    later: dict[str, None] = field(default_factory=dict)
    """Read when it is called."""
    rebound: set[str] = field(default_factory=set)
    """Assigned through ``global``."""
    chains: dict[str, set[str]] = field(default_factory=dict)
    """Per name the chains read from it ("linalg.norm", '["data"].tolist'); "" stands for any other use."""
    strings: list[str] = field(default_factory=list)

    def every(self) -> list[str]:
        """Return all names read, those needed early first."""
        return list(self.early | self.later)


def uses(module: CodeType) -> Uses:
    """Return what a compiled snippet (module level: one definition) reads."""
    found = Uses()
    _walk(module, found, early=True)
    return found


def nested(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and every one inside it."""
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from nested(const)


def bound(module: CodeType) -> frozenset[str]:
    """Return the names that a compiled cell binds at its top level."""
    return frozenset(
        str(step.argval) for step in dis.get_instructions(module) if step.opname in ("STORE_NAME", "STORE_GLOBAL")
    )


def binding_lines(module: CodeType) -> dict[str, int]:
    """Return the names that a compiled cell binds at its top level, with the line of the first time."""
    found: dict[str, int] = {}
    for step in dis.get_instructions(module):
        if step.opname in ("STORE_NAME", "STORE_GLOBAL") and step.positions is not None:
            found.setdefault(str(step.argval), step.positions.lineno or 0)
    return found


def same_code(one: CodeType, other: CodeType) -> bool:
    """Tell whether two code objects do the same, wherever their source stood."""
    alike = ("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_argcount", "co_kwonlyargcount")
    if any(getattr(one, field) != getattr(other, field) for field in alike):
        return False
    if len(one.co_consts) != len(other.co_consts):
        return False
    return all(_same_const(a, b) for a, b in zip(one.co_consts, other.co_consts, strict=True))


def alike(one: type, other: type) -> bool:
    """Tell whether two classes have the same attributes and methods of the same code."""
    mine, theirs = ({key: value for key, value in vars(cls).items() if key not in _ITS_OWN} for cls in (one, other))
    return mine.keys() == theirs.keys() and all(_same_member(value, theirs[key]) for key, value in mine.items())


def _same_member(one: object, other: object) -> bool:
    if isinstance(one, staticmethod | classmethod) and isinstance(other, staticmethod | classmethod):
        one, other = one.__func__, other.__func__
    mine, theirs = getattr(one, "__code__", None), getattr(other, "__code__", None)
    if isinstance(mine, CodeType) and isinstance(theirs, CodeType):
        return same_code(mine, theirs)
    return type(one) is type(other) and (not isinstance(one, _COMPARED) or one == other)


def _same_const(one: object, other: object) -> bool:
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        return same_code(one, other)
    if type(one) is not type(other):
        return False
    return one == other or repr(one) == repr(other)


def _walk(code: CodeType, found: Uses, *, early: bool) -> None:
    local = bound(code) if not code.co_flags & _OPTIMIZED else frozenset()
    steps = list(dis.get_instructions(code))
    for index, step in enumerate(steps):
        name = str(step.argval)
        if step.opname == "STORE_GLOBAL":
            found.rebound.add(name)
        if step.opname not in _READS or (step.opname == "LOAD_NAME" and name in local):
            continue
        (found.early if early else found.later).setdefault(name)
        found.chains.setdefault(name, set()).add(_chain(steps, index + 1))
    for const in code.co_consts:
        found.strings += _strings(const)
        if isinstance(const, CodeType):
            in_place = not const.co_flags & _OPTIMIZED or const.co_name in _RUN_IN_PLACE
            _walk(const, found, early=early and in_place)


def _chain(steps: list[dis.Instruction], index: int) -> str:
    parts = []
    if key := _key(steps[index : index + 2]):
        parts.append(f'["{key}"]')
        index += 2
    while index < len(steps) and steps[index].opname in _ATTRIBUTES:
        parts.append(str(steps[index].argval))
        index += 1
    if parts[-1:] == ["shape"] and [step.argval for step in steps[index : index + 1]] == [1]:
        parts[-1] = "shape[1]"
    return ".".join(parts)


def _key(steps: list[dis.Instruction]) -> str:
    """Return the word under which these steps read an item, as in ``bunch["data"]``; "" when they do not."""
    match steps:
        case [
            dis.Instruction(opname=load, argval=str(key)),
            dis.Instruction(opname="BINARY_SUBSCR") | dis.Instruction(opname="BINARY_OP", argrepr="[]"),
        ] if load.startswith("LOAD_CONST") and key.isidentifier():
            return key
    return ""


def _strings(const: object) -> list[str]:
    match const:
        case str():
            return [const]
        case tuple() | frozenset():
            return [text for part in const for text in _strings(part)]
    return []
