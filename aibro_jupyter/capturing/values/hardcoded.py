"""Credentials that a Python text has written out: in assignments, defaults, arguments, dicts, headers and comments."""

from __future__ import annotations

import ast
import io
import re
import textwrap
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from aibro_jupyter.capturing.values import credentials

_TAKES_NAME = frozenset({"get", "getenv", "setdefault", "setattr", "add_header", "putheader", "putenv", "pop"})
"""Calls that take a name and, next to it, its value."""
_WRAPS = frozenset({"str", "bytes", "SecretStr", "SecretBytes", "Secret"})
_CHANGES = frozenset({"encode", "strip", "format", "lower", "upper"})
_RENAMES = frozenset({"columns", "mapper", "index", "to_replace"})
"""Arguments whose dicts say what is called what."""
_BASIC = re.compile(r"(HTTP)?(Basic|Digest|Proxy)Auth")
_IN_COMMENT = re.compile(r"""([\w.-]+)["']?\s*[:=]\s*(["'])([^"']+)\2""")


@dataclass(frozen=True, kw_only=True)
class HardCoded:
    """A place where a secret is written out; never the secret itself."""

    name: str
    """The name it stands under."""
    line: int
    """Counted from 1 in the text."""


def hard_coded(text: str) -> list[HardCoded]:
    """Return the places where a text has secrets written out, in its order; none where it is no Python."""
    try:
        tree = ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError):
        return []
    renaming = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.keyword) and one.arg in _RENAMES}
    nodes = (node for node in ast.walk(tree) if id(node) not in renaming)
    found = dict.fromkeys(HardCoded(name=name, line=line) for node in nodes for name, line in _in_node(node))
    found |= dict.fromkeys(_in_comments(text))
    return sorted(found, key=lambda one: one.line)


def _in_node(node: ast.AST) -> Iterator[tuple[str, int]]:
    for name, value in _pairs(node):
        if any(_is_secret(name, part) for part in _values(value)):
            yield name, value.lineno
    match node:
        case ast.Constant(value=str(text)) if credentials.in_text(text):
            yield "password", node.lineno
        case ast.Tuple(elts=[ast.Constant(value=str(name)), ast.Constant(value=str(text))]):
            if credentials.in_header(name, text):
                yield name, node.lineno
        case ast.Call(func=func, args=[_, value, *_]) if _BASIC.fullmatch(_called(func)):
            if any(_text_of(part) for part in _values(value)):
                yield "password", value.lineno


def _pairs(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a node gives to values."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _assigned(target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
            yield from _assigned(target, value)
        case ast.keyword(arg="auth", value=ast.Tuple(elts=[_, value])):
            yield "password", value
        case ast.keyword(arg=str(name), value=value):
            yield name, value
        case ast.Dict(keys=keys, values=values) if len(keys) <= credentials.VOCABULARY:
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        case ast.arguments():
            yield from _defaults(node)
        case ast.Call(func=func, args=args) if _called(func) in _TAKES_NAME:
            for key, value in pairwise(args):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        case ast.BoolOp(values=[ast.Call(args=[ast.Constant(value=str(name))]), *others]):
            yield from ((name, value) for value in others)
        case ast.Compare(left=left, comparators=[right]):
            # A token is compared with words wherever somebody works with language.
            names = [name for side in (left, right) for name in _names(side) if not name.lower().endswith("token")]
            yield from ((name, value) for name in names for value in (left, right))


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for one, part in zip(target.elts, value.elts, strict=False):
            yield from _assigned(one, part)
        return
    for name in _names(target):
        if name == "auth" and isinstance(value, ast.Tuple) and len(value.elts) == 2:
            yield "password", value.elts[1]
        yield name, value


def _names(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            yield name


def _defaults(node: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    placed = [*node.posonlyargs, *node.args]
    yield from zip((one.arg for one in placed[len(placed) - len(node.defaults) :]), node.defaults, strict=True)
    for one, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        if default is not None:
            yield one.arg, default


def _is_secret(name: str, node: ast.expr) -> bool:
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return credentials.in_container(name, [text for part in parts if (text := _text_of(part))])
        case ast.Dict(values=parts):
            return credentials.in_container(name, [text for part in parts if (text := _text_of(part))])
    return credentials.written_out(name, _text_of(node))


def _values(node: ast.expr) -> Iterable[ast.expr]:
    """Yield what an expression may come to: both sides of an ``or``, what a call such as ``encode`` changes."""
    match node:
        case ast.BoolOp(values=parts):
            return [one for part in parts for one in _values(part)]
        case ast.IfExp(body=body, orelse=other):
            return [*_values(body), *_values(other)]
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in _CHANGES:
            return _values(inner)
        case ast.Call(func=func, args=[inner, *_]) if _called(func) in _WRAPS:
            return _values(inner)
    return [node]


def _text_of(node: ast.expr) -> str | bytes:
    """Return the text that an expression of constants makes; "" for any other."""
    match node:
        case ast.Constant(value=str() | bytes() as text):
            return text
        case ast.JoinedStr(values=parts) if all(isinstance(part, ast.Constant) for part in parts):
            return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = _text_of(left), _text_of(right)
            return one + other if isinstance(one, str) and isinstance(other, str) and one and other else ""
    return ""


def _called(func: ast.expr) -> str:
    return next(_names(func), "")


def _in_comments(text: str) -> Iterator[HardCoded]:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(textwrap.dedent(text)).readline))
    except (tokenize.TokenError, SyntaxError):
        return
    for token in tokens:
        if token.type == tokenize.COMMENT:
            for name, _, value in _IN_COMMENT.findall(token.string):
                if credentials.written_out(name, value):
                    yield HardCoded(name=name, line=token.start[0])
