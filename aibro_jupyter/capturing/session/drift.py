"""Local modules as the kernel has them, against what importing their files anew would give."""

from __future__ import annotations

import ast
import json
import logging
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from aibro_jupyter.capturing.session import fresh
from aibro_jupyter.capturing.session.fresh import Shapes
from aibro_jupyter.capturing.session.localmodules import followed
from aibro_jupyter.capturing.session.names import nested, same_code

_LIMIT_S = 60.0
"""Chosen: longer than large packages import. What takes longer is left to the proof."""
_known: dict[tuple[tuple[str, int, int], ...], dict[str, dict[str, Any]]] = {}
"""Files with time and size -> what their modules hold when they are imported."""


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A variable of a local module, or an attribute of one of its classes, that a fresh import would not give."""

    module: ModuleType
    path: str
    """``OPTS``, ``Model.k``."""
    value: Any
    before: Any
    """The shape that it has after a fresh import; None: there is none."""


def loaded_locals(roots: Iterable[str]) -> list[ModuleType]:
    """Return the local modules that imports of those top-level modules lead to, as far as the kernel has them."""
    local = followed(roots)
    found = [
        module
        for name, module in sorted(sys.modules.items())
        if name.partition(".")[0] in local and isinstance(module, ModuleType)
    ]
    return [module for module in found if str(getattr(module, "__file__", None) or "").endswith(".py")]


def edited(module: ModuleType) -> str:
    """Return the first function or class that the kernel runs otherwise than its file has it by now; "" if none."""
    try:
        whole = compile(Path(str(module.__file__)).read_bytes(), str(module.__file__), "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError):
        return module.__name__
    codes: dict[str, list[CodeType]] = {}
    for code in nested(whole):
        codes.setdefault(code.co_qualname, []).append(code)
    for name, function in _functions(module):
        known = codes.get(function.__code__.co_qualname, [])
        if not any(same_code(function.__code__, code) for code in known):
            return name
    return ""


def changed(modules: list[ModuleType]) -> list[Changed]:
    """Return what differs from a fresh import, in modules whose code is that of their files; no cell is run for it."""
    shapes = Shapes(module.__name__ for module in modules)
    now = {module.__name__: shapes.state_of(module) for module in modules}
    if not any(_may_differ(module, now[module.__name__], shapes) for module in modules):
        return []
    told = _imported_anew(modules)
    found = list(_differing(modules, now, told))
    if found:  # what differs between two fresh imports too, as a time of start does, is not the notebook's doing
        again = _imported_anew(modules, known=False)
        found = [one for one in found if _place(told, one) == _place(again, one)]
    return found


def _may_differ(module: ModuleType, state: dict[str, Any], shapes: Shapes) -> bool:
    """Tell whether only an import would show what a module holds: not where its text says it by plain constants."""
    try:
        tree = ast.parse(Path(str(module.__file__)).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return True
    said = dict(_constants(tree.body, shapes))
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            said |= {f"{node.name}.{name}": shape for name, shape in _constants(node.body, shapes)}
    loggers = {name for name, value in vars(module).items() if isinstance(value, logging.Logger)}
    unsure = (one for one, shape in state.items() if shape[0] != "code" and one not in loggers)
    return any(said.get(one) != state[one] for one in unsure)


def _constants(body: list[ast.stmt], shapes: Shapes) -> Iterator[tuple[str, Any]]:
    for node in body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                with suppress(ValueError, TypeError):
                    yield name, shapes.of(ast.literal_eval(value))


def _functions(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    for name, value in list(vars(module).items()):
        members = list(vars(value).items()) if isinstance(value, type) and value.__module__ == module.__name__ else []
        for own, member in [("", value), *members]:
            if isinstance(member, staticmethod | classmethod):
                member = member.__func__
            if isinstance(member, FunctionType) and member.__code__.co_filename == module.__file__:
                yield f"{name}.{own}" if own else name, member


def _differing(modules: list[ModuleType], now: dict[str, Any], told: dict[str, dict[str, Any]]) -> Iterator[Changed]:
    for module in modules:
        before = told.get(module.__name__)
        for path, shape in now[module.__name__].items() if before is not None else ():
            if shape[0] != "code" and before is not None and before.get(path) != shape:
                owner, _, attribute = path.rpartition(".")
                holder = vars(module)[owner] if owner else module
                value = vars(holder)[attribute]
                yield Changed(module=module, path=path, value=value, before=before.get(path))


def _place(told: dict[str, dict[str, Any]], one: Changed) -> Any:
    return told.get(one.module.__name__, {}).get(one.path)


def _imported_anew(modules: list[ModuleType], *, known: bool = True) -> dict[str, dict[str, Any]]:
    """Return what the modules hold after an import in a clean process; {} when that does not succeed."""
    files = [(str(one.__file__), Path(str(one.__file__)).stat()) for one in modules]
    key = tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in files)
    if known and key in _known:
        return _known[key]
    path = [place or str(Path.cwd()) for place in sys.path]
    asked = json.dumps({"path": path, "modules": [one.__name__ for one in modules]})
    command = [sys.executable, "-B", str(fresh.__file__)]
    try:
        done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=_LIMIT_S, check=True)
        told: dict[str, dict[str, Any]] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}
    if known:
        _known[key] = told
    return told
