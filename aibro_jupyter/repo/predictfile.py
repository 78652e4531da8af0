"""predict.py read as text: are the two functions there, and how is ``run`` called? Nothing of it is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from aibro_jupyter.errors import BadRepo
from aibro_jupyter.modelio import entry

Function = ast.FunctionDef | ast.AsyncFunctionDef


def takes_data(path: Path) -> bool:
    """Return whether ``run`` takes the data too; raise ``BadRepo`` where load_model or run is missing or miscalled.

    A function that is imported, assigned or decorated is taken for right: only running it could tell, and does.
    """
    defined = dict(_defined(_parsed(path).body))
    star = "*" in defined
    for name, wanted in (("load_model", "load_model()"), ("run", "run(model) or run(model, data)")):
        if name not in defined and not star:
            raise BadRepo(f"predict.py has no function {name}", fix=f"define {wanted} at its top level")
    load_model, run = defined.get("load_model"), defined.get("run")
    if load_model is not None and (_required(load_model) or _required_by_name(load_model)):
        raise _miscalled(load_model, entry.LOADS)
    return run is not None and _second(run)


def _second(run: Function) -> bool:
    placed = [*run.args.posonlyargs, *run.args.args]
    told = entry.takes_data(
        [one.arg for one in placed],
        len(_required(run)),
        by_name=_required_by_name(run),
        any_number=run.args.vararg is not None,
    )
    if told is None:
        raise _miscalled(run, entry.RUNS)
    return told


def _required(function: Function) -> list[ast.arg]:
    placed = [*function.args.posonlyargs, *function.args.args]
    return placed[: len(placed) - len(function.args.defaults)]


def _required_by_name(function: Function) -> bool:
    return None in function.args.kw_defaults


def _miscalled(function: Function, how: str) -> BadRepo:
    written = f"{function.name}({ast.unparse(function.args)})"
    return BadRepo(
        f"predict.py line {function.lineno}: {function.name} {how}, and it is {written}", fix="change its parameters"
    )


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), filename="predict.py")
    except SyntaxError as error:
        line = (error.text or "").strip()
        raise BadRepo(f"predict.py line {error.lineno}: {error.msg}: `{line[:80]}`", fix="correct the line") from error
    except ValueError as error:
        raise BadRepo(f"predict.py is no Python file: {error}", fix="save it as UTF-8 text") from error


def _defined(body: list[ast.stmt]) -> Iterator[tuple[str, Function | None]]:
    """Yield every name the top level binds, with its function where its parameters are what is called."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name, None if node.decorator_list else node
            case ast.ClassDef():
                yield node.name, None
            case ast.Import() | ast.ImportFrom():
                yield from ((alias.asname or alias.name, None) for alias in node.names)
            case ast.Assign() | ast.AnnAssign():
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = (name for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
                yield from ((name.id, None) for name in names)
            case ast.If() | ast.For() | ast.While() | ast.With() | ast.Try():
                for field in ("body", "orelse", "finalbody"):
                    yield from ((name, None) for name, _ in _defined(getattr(node, field, [])))
                for handler in getattr(node, "handlers", []):
                    yield from ((name, None) for name, _ in _defined(handler.body))
            case _:
                pass
