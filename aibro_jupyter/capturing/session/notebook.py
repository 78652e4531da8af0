"""The live session that is captured: its variables, and the text of every cell it ran (or of the script)."""

from __future__ import annotations

import ast
import linecache
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from aibro_jupyter.capturing.session.names import binding_lines, bound

_FUTURES = 0x1FE0000 | 0x1000  # every CO_FUTURE flag


def cell_number(label: str) -> int:
    """Return the number of a cell by its label, ``In[3]``; 0 of anything else."""
    return int(label[3:-1]) if label.startswith("In[") else 0


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One text that ran: a cell, the body of a cell magic, or a whole script."""

    label: str
    """``In[3]``, or the script's file name."""
    number: int
    text: str

    @cached_property
    def tree(self) -> ast.Module | None:
        """Return its syntax tree; None when it is not Python."""
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError):
            return None

    @cached_property
    def code(self) -> CodeType | None:
        """Return it compiled as one piece."""
        return self._compiled(self.tree, 0) if self.tree is not None else None

    def codes(self, flags: int) -> list[CodeType]:
        """Return it compiled under those ``__future__`` flags: as one piece, then statement by statement.

        IPython compiles a cell's statements one by one, and the compiler makes other code of a function when it sees
        an ``import`` beside it.
        """
        if self.tree is None:
            return []
        single = [ast.Module(body=[statement], type_ignores=[]) for statement in self.tree.body]
        return [code for tree in (self.tree, *single) if (code := self._compiled(tree, flags)) is not None]

    def _compiled(self, tree: ast.Module, flags: int) -> CodeType | None:
        wanted = (flags & _FUTURES) | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        try:
            code: CodeType = compile(tree, f"<{self.label}>", "exec", flags=wanted, dont_inherit=True)
        except (SyntaxError, ValueError):
            return None
        return code


@dataclass(frozen=True, kw_only=True)
class Bound:
    """An import statement of the session that binds a name."""

    name: str
    module: str
    attribute: str
    """Empty for ``import module``."""
    statement: str

    def resolves_to(self, value: object) -> bool:
        """Tell whether running the statement now would bind that very object."""
        module = sys.modules.get(self.module)
        if module is None:
            return False
        if self.attribute:
            missing = object()
            found = getattr(module, self.attribute, missing)
            return (sys.modules.get(f"{self.module}.{self.attribute}") if found is missing else found) is value
        if " as " in self.statement:
            return module is value
        return sys.modules.get(self.module.partition(".")[0]) is value


class Notebook:
    """A namespace and the texts behind it; works in IPython's kernels and in plain Python alike."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self.module = str(namespace.get("__name__", "__main__"))
        self._shell = _shell(namespace)
        self._by_file: dict[str, Cell] = {}

    def owns(self, value: Any) -> bool:
        """Tell whether a function or class was written in the notebook, so that nothing else can import it.

        A function is judged by its globals: ``functools.wraps`` gives a library's the module of what it wraps.
        """
        if isinstance(value, FunctionType):
            # What %run leaves behind has globals without a name.
            home = value.__globals__.get("__name__", value.__module__)
            return value.__globals__ is self.namespace or home == self.module
        return getattr(value, "__module__", None) == self.module

    def cell_of_file(self, filename: str) -> Cell | None:
        """Return the text that was compiled under that file name, as the line cache still holds it."""
        if filename not in self._by_file:
            text = "".join(linecache.getlines(filename))
            if not text:
                return None
            number = self._number(filename)
            label = Path(filename).name if number is None else f"In[{number}]"
            self._by_file[filename] = Cell(label=label, number=number or 0, text=text)
        return self._by_file[filename]

    @cached_property
    def cells(self) -> list[Cell]:
        """Return every text that ran, newest first."""
        history = getattr(self._shell, "history_manager", None)  # the notebook may have an In of its own
        ran = getattr(history, "input_hist_parsed", self.namespace.get("In"))
        if self._shell is None or not isinstance(ran, list):
            file = self.namespace.get("__file__")
            cell = self.cell_of_file(str(file)) if file else None
            return [cell] if cell else []
        found = []
        for number in range(len(ran) - 1, 0, -1):
            if text := str(ran[number]):
                found += list(self._texts(number, text))
        return found

    def name_of(self, value: Any) -> str:
        """Return the first name that means that very object; empty when none does."""
        return next((name for name, held in list(self.namespace.items()) if held is value and name[:1] != "_"), "")

    def bound_in(self, name: str) -> str:
        """Return the label of the cell that last bound a name; empty when no text tells."""
        for cell in self.cells:
            if cell.code is not None and name in bound(cell.code):
                return cell.label
        return ""

    @cached_property
    def texts_run(self) -> list[Cell]:
        """Return the texts that ``exec`` may have run: strings in cells and variables that hold Python."""
        found: dict[str, str] = {}
        for cell in self.cells:
            for node in ast.walk(cell.tree) if cell.tree is not None else ():
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_code(node.value):
                    found.setdefault(node.value, cell.label)
        held = [value for name, value in list(self.namespace.items()) if isinstance(value, str) and _is_code(value)]
        found |= {text: "" for text in held if text not in found}
        return [Cell(label=label, number=0, text=text) for text, label in found.items()]

    def place(self, name: str) -> tuple[int, int] | None:
        """Return cell number and line where a name was first bound: it stays when a cell is edited and run again."""
        return self._places.get(name)

    @cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = {}
        for cell in reversed(self.cells):
            if cell.code is not None:
                for name, line in binding_lines(cell.code).items():
                    found.setdefault(name, (cell.number, line))
        return found

    def imports(self, name: str) -> list[Bound]:
        """Return the session's import statements that bind a name, the newest first."""
        return [found for found in self._imports if found.name in (name, "*")]

    @cached_property
    def _imports(self) -> list[Bound]:
        found: list[Bound] = []
        for cell in self.cells:
            if cell.tree is not None:
                found += reversed([bound for node in outside_functions(cell.tree) for bound in _bindings(node)])
        return found

    def _number(self, filename: str) -> int | None:
        numbers = getattr(getattr(self._shell, "compile", None), "_filename_map", {})
        number = numbers.get(filename)
        return number if isinstance(number, int) else None

    def _texts(self, number: int, text: str) -> Iterator[Cell]:
        label = f"In[{number}]"
        yield Cell(label=label, number=number, text=text)
        body = _magic_body(text)
        if body is not None and self._shell is not None:
            yield Cell(label=label, number=number, text=str(self._shell.transform_cell(textwrap.dedent(body))))


def _shell(namespace: Mapping[str, Any]) -> Any | None:
    get: Callable[[], Any] | None = namespace.get("get_ipython")
    shell = get() if callable(get) else None
    return shell if hasattr(shell, "compile") and hasattr(shell, "transform_cell") else None


def _is_code(text: str) -> bool:
    return len(text) < 100_000 and ("def " in text or "class " in text or "lambda" in text)


def _magic_body(text: str) -> str | None:
    """Return the body of a ``%%magic`` cell, which IPython rewrites to one call."""
    if "run_cell_magic(" not in text:
        return None
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="run_cell_magic"), args=[_, _, ast.Constant(value=str(body))]):
                return body
    return None


def outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run as a text does: definitions too, but nothing inside them."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from outside_functions(child)


def _bindings(node: ast.AST) -> Iterator[Bound]:
    match node:
        case ast.Import(names=aliases):
            for alias in aliases:
                text = f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
                name = alias.asname or alias.name.partition(".")[0]
                yield Bound(name=name, module=alias.name, attribute="", statement=text)
        case ast.ImportFrom(module=str(module), names=aliases, level=0) if module != "__future__":
            for alias in aliases:
                text = f"from {module} import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
                yield Bound(name=alias.asname or alias.name, module=module, attribute=alias.name, statement=text)
