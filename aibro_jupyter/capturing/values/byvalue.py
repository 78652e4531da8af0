"""A function whose source nobody has: its compiled code, which one minor version of Python can run."""

from __future__ import annotations

import marshal
import sys
from types import CodeType, FunctionType

from aibro_jupyter import pythons
from aibro_jupyter.capturing.session.names import nested, uses
from aibro_jupyter.capturing.session.source import Segment
from aibro_jupyter.capturing.values.values import literal

_WIDTH = 96
"""Digits a line, so that it fits in 120 columns."""


def compiled_segment(function: FunctionType, name: str) -> Segment | None:
    """Return the statement that brings a function back from its code; None when it holds what no text can."""
    defaults, named = literal(function.__defaults__), literal(function.__kwdefaults__)
    if function.__closure__ or defaults is None or named is None or defaults.imports or named.imports:
        return None
    text = marshal.dumps(
        _placeless(function.__code__), 2
    ).hex()  # version 2 has no references: the same code, the same bytes
    rows = "\n".join(f'    "{text[at : at + _WIDTH]}"' for at in range(0, len(text), _WIDTH))
    lines = [
        "# its source is lost, so this is its compiled code",
        f"if sys.version_info[:2] != {tuple(sys.version_info[:2])}:",
        f'    raise RuntimeError("{name} is compiled code of Python {pythons.OURS}")',
        f"{name} = types.FunctionType(marshal.loads(bytes.fromhex(\n{rows}\n)), globals(), {name!r}, {defaults.text})",
    ]
    if function.__kwdefaults__:
        lines.append(f"{name}.__kwdefaults__ = {named.text}")
    found = uses(function.__code__)
    found.later, found.early = {**found.early, **found.later}, {}
    strings = [const for code in nested(function.__code__) for const in code.co_consts if isinstance(const, str)]
    found.strings = strings
    return Segment(
        text="\n".join(lines), binds=name, cell="", order=(0, 0), uses=found,
        imports=("import marshal", "import sys", "import types"), compiled=pythons.OURS,
    )  # fmt: skip


def _placeless(code: CodeType) -> CodeType:
    """Return the code without the name of the file, which may say where the notebook lies."""
    inner = tuple(_placeless(const) if isinstance(const, CodeType) else const for const in code.co_consts)
    return code.replace(co_filename="<notebook>", co_consts=inner)
