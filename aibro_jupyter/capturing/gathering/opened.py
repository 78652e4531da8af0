"""Which files a piece of code opens, and how: by a fixed name, by one that depends on the request, or for writing."""

from __future__ import annotations

import ast
import os
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

WILD = "\0"
"""Stands in a path for what only the request tells."""
Lookup = Callable[[str], Any]
"""The object behind a name; None when there is none."""
_PATHS = frozenset({"Path", "PurePath", "PosixPath", "PurePosixPath"})
_WRITING_METHODS = frozenset({"write_text", "write_bytes", "touch"})
_READING_METHODS = frozenset({"read_text", "read_bytes"})
_WRITERS = frozenset(
    {"to_csv", "to_parquet", "to_json", "to_excel", "to_pickle", "to_feather", "to_hdf", "to_html", "to_markdown"}
    | {
        "savefig",
        "tofile",
        "savetxt",
        "save",
        "savez",
        "savez_compressed",
        "dump",
        "imwrite",
        "write_image",
        "write_html",
    }
    | {"FileHandler", "RotatingFileHandler", "TimedRotatingFileHandler", "WatchedFileHandler", "basicConfig"}
    | {"save_model", "write_csv", "write_parquet", "write_json"}
)
_LISTERS = frozenset({"listdir", "scandir"})
_FIELD = re.compile(r"%\(\w+\)[sdrf]|%[-\d.]*[sdrf]")
_BRACES = re.compile(r"\{[^{}]*\}")
_DEEP = 12


@dataclass(kw_only=True)
class Opened:
    """Paths as the code writes them."""

    reads: dict[str, None] = field(default_factory=dict)
    """Fixed, and put together of parts."""
    patterns: dict[str, None] = field(default_factory=dict)
    """With ``WILD`` where the request decides."""
    written: dict[str, str] = field(default_factory=dict)
    """Only written -> how the code opens it: ``open("served.log", "w")``."""


def opened_by(text: str, lookup: Lookup) -> Opened:
    """Return the files that code opens by names that can be told from the code and what its names mean now."""
    try:
        tree = ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError):
        return Opened()
    paths = _Paths(tree, lookup)
    writes: dict[int, str] = {}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        for node in _written(call, paths):
            for same in paths.same(node):
                writes[id(same)] = ast.unparse(call)
    found = Opened()
    read: set[str] = set()
    for node in _outermost(tree, paths):
        path = paths.of(node) or ""
        if id(node) in writes:
            if WILD not in path:
                found.written.setdefault(path, writes[id(node)])
        elif WILD in path:
            found.patterns.setdefault(path)
        else:
            read.add(path)
            if not isinstance(node, ast.Constant):
                found.reads.setdefault(path)
    for path in read & found.written.keys():
        del found.written[path]
    return found


def _writes(mode: str) -> bool:
    """Tell whether a mode writes without what the file held before: ``a+`` may read that."""
    return mode[:1] in ("w", "x") or (mode[:1] == "a" and "+" not in mode)


def _mode(call: ast.Call, place: int) -> str:
    """Return the mode in which a call opens a file; ``r`` where it says none."""
    given = [one.value for one in call.keywords if one.arg == "mode"] or call.args[place : place + 1]
    return str(given[0].value) if given and isinstance(given[0], ast.Constant) else "r"


def _written(call: ast.Call, paths: _Paths) -> Iterator[ast.expr]:
    """Yield the expressions of a call that name a file which it writes and does not read."""
    arguments = [*call.args, *(one.value for one in call.keywords)]
    match call.func:
        case ast.Name(id="open"):
            if call.args and _writes(_mode(call, 1)):
                yield call.args[0]
        case ast.Attribute(attr="open", value=base):
            if paths.of(base) and _writes(_mode(call, 0)):
                yield base
            elif call.args and not paths.of(base) and _writes(_mode(call, 1)):
                yield call.args[0]
        case ast.Attribute(attr=name, value=base) if name in _WRITING_METHODS:
            yield base
        case ast.Attribute(attr=name) | ast.Name(id=name) if name in _WRITERS:
            yield from (one for one in arguments if paths.of(one))


def _outermost(node: ast.AST, paths: _Paths) -> Iterator[ast.expr]:
    """Yield the expressions that are paths, not those they are made of."""
    for child in ast.iter_child_nodes(node):
        bound = isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Load)
        if isinstance(child, ast.expr) and not bound and (found := paths.of(child)) and _is_path(found):
            yield child
        else:
            yield from _outermost(child, paths)


def _is_path(path: str) -> bool:
    fixed = path.replace(WILD, "")
    return ("/" in fixed or "." in fixed) and "\n" not in path and len(path) < 250 and not fixed.startswith("http")


class _Paths:
    """What expressions mean as paths, with the variables that a function gives one value."""

    def __init__(self, tree: ast.AST, lookup: Lookup) -> None:
        self._lookup = lookup
        self._local: dict[str, ast.expr | None] = {}
        for node in ast.walk(tree):
            match node:
                case ast.arg(arg=name):
                    self._local[name] = None
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._local[name] = None if name in self._local else value
                case ast.Name(id=name, ctx=ast.Store()):
                    self._local.setdefault(name, None)

    def of(self, node: ast.expr) -> str | None:
        """Return the path that an expression makes, with ``WILD`` for what is not known; None when it is none."""
        found = self._text(node, _DEEP)
        return None if found is None or not found.replace(WILD, "").strip("/.") else found

    def same(self, node: ast.expr) -> Iterator[ast.expr]:
        """Yield an expression and, of a variable, what it was assigned."""
        yield node
        if isinstance(node, ast.Name) and (value := self._local.get(node.id)) is not None:
            yield from self.same(value)

    def _text(self, node: ast.expr, depth: int) -> str | None:
        if not depth:
            return None
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id=name):
                return self._named(name, depth)
            case ast.JoinedStr(values=parts):
                return "".join(self._part(part, depth) for part in parts)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                base = self._text(left, depth - 1)
                return None if base is None else os.path.join(base, self._part(right, depth))
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                ends = [self._text(left, depth - 1), self._text(right, depth - 1)]
                return None if ends == [None, None] else "".join(WILD if one is None else one for one in ends)
            case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()):
                return _FIELD.sub(WILD, text)
            case ast.Call():
                return self._call(node, depth)
        return None

    def _part(self, node: ast.expr, depth: int) -> str:
        value = node.value if isinstance(node, ast.FormattedValue) else node
        found = self._text(value, depth - 1)
        return WILD if found is None else found

    def _named(self, name: str, depth: int) -> str | None:
        if name in self._local:
            value = self._local[name]
            return None if value is None else self._text(value, depth - 1)
        known = self._lookup(name)
        return str(known) if isinstance(known, str | PurePath) else None

    def _call(self, call: ast.Call, depth: int) -> str | None:
        parts = [self._part(one, depth) for one in call.args]
        match call.func:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _PATHS:
                return os.path.join(*parts) if parts else None
            case ast.Attribute(attr="join", value=ast.Attribute(attr="path")):
                return os.path.join(*parts) if parts else None
            case ast.Name(id="str") | ast.Attribute(attr="fspath") if parts:
                return self._text(call.args[0], depth - 1)
            case ast.Attribute(attr="joinpath", value=base) if (head := self._text(base, depth - 1)) is not None:
                return os.path.join(head, *parts)
            case ast.Attribute(attr="format", value=ast.Constant(value=str(text))):
                return _BRACES.sub(WILD, text)
            case ast.Attribute(attr="glob" | "iglob" | "rglob", value=base) if parts:
                head = self._text(base, depth - 1)
                found = parts[0] if head is None else os.path.join(head, parts[0])
                return found.replace("**", "*").replace("*", WILD)
            case ast.Attribute(attr="iterdir", value=base) if (head := self._text(base, depth - 1)) is not None:
                return os.path.join(head, WILD)
            case ast.Attribute(attr=name) | ast.Name(id=name) if name in _LISTERS and parts:
                return os.path.join(parts[0], WILD)
        return None
