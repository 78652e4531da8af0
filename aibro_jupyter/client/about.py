"""What callers of an API are told of it, read from its repo: the function's signature and docstring, input, sample."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aibro_jupyter.modelio.bodies import MEDIA_TYPES
from aibro_jupyter.modelio.manifest import glanced

LONGEST_DOC = 4_000
LONGEST_SAMPLE = 4_000
"""Characters, and bytes of the sample. Chosen: a page of each, and both fit in the whole."""
LONGEST = 32_000
"""Characters of it all: every gateway holds it, and every poll of the panel carries it."""
_SOURCES = ("predict.py", "notebook_code.py")


def about(root: Path) -> str:
    """Return it as JSON; model code is parsed, never imported, and what cannot be read is left out."""
    manifest = glanced(root)
    function = str(manifest.get("function") or "run")
    found = _defined(root, function.rpartition(".")[2])
    told: dict[str, Any] = {"format": 1, "function": function}
    told["doc"] = (ast.get_docstring(found) or "")[:LONGEST_DOC] if found is not None else ""
    if "input" in manifest:
        told["input"] = manifest["input"]
        told["parameters"] = _parameters(found, manifest["input"])
    told |= _sample(root)
    text = json.dumps(told, ensure_ascii=False)
    return text if len(text) <= LONGEST else json.dumps({"format": 1, "function": function, "doc": told["doc"]})


def _defined(root: Path, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for node in _nodes(root):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            return node
    return None


def _nodes(root: Path) -> Iterator[ast.AST]:
    for source in _SOURCES:
        try:
            yield from ast.walk(ast.parse((root / source).read_text(encoding="utf-8")))
        except (OSError, SyntaxError, ValueError):
            continue


def _parameters(found: ast.FunctionDef | ast.AsyncFunctionDef | None, given: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parameters that a caller gives, as the function writes them; those bound at capture are not his."""
    written = dict(_written(found)) if found is not None else {}
    return [
        {"name": str(one["name"]), **written.get(str(one["name"]), {})}
        for one in given.get("parameters", [])
        if isinstance(one, dict) and "name" in one
    ]


def _written(found: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, dict[str, str]]]:
    names = found.args
    positional = [*names.posonlyargs, *names.args]
    defaults = [*[None] * (len(positional) - len(names.defaults)), *names.defaults]
    for argument, default in [
        *zip(positional, defaults, strict=True),
        *zip(names.kwonlyargs, names.kw_defaults, strict=True),
    ]:
        told = {"keyword_only": "yes"} if argument in names.kwonlyargs else {}
        if argument.annotation is not None:
            told["annotation"] = ast.unparse(argument.annotation)[:200]
        if default is not None:
            told["default"] = ast.unparse(default)[:200]
        yield argument.arg, told


def _sample(root: Path) -> dict[str, str]:
    files = [path for path in (root / "data").rglob("*") if path.is_file()]
    if len(files) != 1 or files[0].suffix not in MEDIA_TYPES or files[0].stat().st_size > LONGEST_SAMPLE:
        return {}
    try:
        return {"sample": files[0].read_text(encoding="utf-8"), "content_type": MEDIA_TYPES[files[0].suffix]}
    except (OSError, ValueError):
        return {}
