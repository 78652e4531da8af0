"""The very text that made a live function or class, found per code object and checked against it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import CodeType, FunctionType
from typing import Any

from aibro_jupyter.capturing.session.localmodules import made_in_local_module
from aibro_jupyter.capturing.session.names import Uses, nested, same_code, uses
from aibro_jupyter.capturing.session.notebook import Cell, Notebook

_ANNOTATIONS = 0x1000000  # CO_FUTURE_ANNOTATIONS
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A definition as its author wrote it: comments above, decorators, body."""

    text: str
    binds: str
    """The name that running the text binds; empty for a bare lambda expression."""
    cell: str
    order: tuple[int, int]
    """Cell number and line: the order of the notebook."""
    uses: Uses
    future_annotations: bool = False
    decorated: bool = False
    defaults: tuple[tuple[str, str], ...] = ()
    """Parameter -> expression: the defaults that are a plain name, or a container made when the definition ran."""
    imports: tuple[str, ...] = ()
    """Statements that the text itself needs."""
    compiled: str = ""
    """Of code without source: the minor version of Python that runs it."""
    source: Cell | None = None
    """The text that it stands in."""
    after: tuple[str, ...] = ()
    """Names that must be defined above it, though nothing of theirs runs yet."""
    statement: bool = False
    """No definition: it changes what was imported."""
    hides: str = ""
    """Another name that running the text binds, to a function that the rest does not mean by it."""

    @property
    def flags(self) -> int:
        """Return the compiler flags that it was compiled under."""
        return _ANNOTATIONS if self.future_annotations else 0


def function_segment(notebook: Notebook, function: FunctionType, name: str, *, apart: bool = False) -> Segment | None:
    """Return the text of a function; None when no text compiles to its code.

    ``name`` is what the notebook calls it. A decorated function is found through the functions its wrapper holds.
    Variables of an enclosing function become the module's, unless they are to be kept ``apart``.
    """
    for code in [
        one.__code__
        for one in (*inner_functions(function), function)
        if notebook.owns(one) or made_in_local_module(one)
    ]:
        for cell in _candidates(notebook, [code.co_filename]):
            node = _node_of(cell, code)
            decorates = getattr(node, "decorator_list", []) and code.co_name in (name, function.__name__)
            if node is not None and (decorates or code is function.__code__):
                return _segment(cell, node, code.co_flags, code.co_freevars, apart=apart)
    return None


def class_segment(notebook: Notebook, cls: type) -> Segment | None:
    """Return the text of a class; None when no text fits the methods and names that the class has."""
    codes = [code for code in (_code_of(one, notebook) for one in vars(cls).values()) if code is not None]
    own = [code for code in codes if code.co_qualname.startswith(f"{cls.__qualname__}.")]
    flags = own[0].co_flags if own else 0
    for cell in _candidates(notebook, [code.co_filename for code in own]):
        for node in reversed(list(ast.walk(cell.tree)) if cell.tree else []):
            if isinstance(node, ast.ClassDef) and node.name == cls.__name__ and _fits(cell, node, cls, own, flags):
                return _segment(cell, node, flags)
    return None


def enclosed_in_factory(segments: Mapping[str, Segment], variables: Mapping[str, str]) -> Segment:
    """Return the definitions of closures that share variables inside one function that gives them those.

    ``segments`` has them by the name each gets, ``variables`` the closures' name -> the module's name of each.
    """
    name, segment = next(iter(segments.items()))
    in_order = sorted(segments.values(), key=lambda one: one.order)
    made = "return " + ", ".join(one.binds or one.text for one in segments.values())
    body = "\n\n".join([*(one.text for one in in_order if one.binds), made])
    head = f"def make_{name}({', '.join(variables)}):"
    bound = f"{', '.join(segments)} = make_{name}({', '.join(variables.values())})"
    text = f"{head}\n{textwrap.indent(body, '    ')}\n\n\n{bound}"
    found = uses(compile(text, segment.cell, "exec", flags=segment.flags, dont_inherit=True))
    for own in (*segments, f"make_{name}"):
        found.early.pop(own, None)
    return replace(segment, text=text, binds=name, uses=found)


def unwrapped(value: Any) -> FunctionType | None:
    """Return the Python function behind a decorated one (wraps, lru_cache, jit), or the function itself."""
    seen: set[int] = set()
    while value is not None and id(value) not in seen:
        if isinstance(value, FunctionType):
            return value
        seen.add(id(value))
        attributes = getattr(value, "__dict__", {})
        value = attributes.get("__wrapped__") or attributes.get("py_func") or attributes.get("_python_function")
    return None


def _candidates(notebook: Notebook, filenames: list[str]) -> Iterator[Cell]:
    for filename in dict.fromkeys(filenames):
        if cell := notebook.cell_of_file(filename):
            yield cell
    yield from notebook.cells
    if set(filenames) & {"<string>"} or not filenames:
        yield from notebook.texts_run


def assigned_segment(notebook: Notebook, name: str, value: object) -> Segment | None:
    """Return the statement ``Name = call(...)`` that made a class; None when there is none."""
    for cell in notebook.cells:
        for node in reversed(cell.tree.body) if cell.tree is not None else ():
            match node:
                case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Call()) if bound == name:
                    if getattr(value, "__name__", name) not in (name, *_texts_in(node)):
                        return None
                    text = _lines(cell.text, node)
                    found = uses(compile(text, cell.label, "exec", dont_inherit=True))
                    found.early |= found.later
                    return Segment(text=text, binds=name, cell=cell.label, order=(cell.number, node.lineno), uses=found)
    return None


def _texts_in(node: ast.AST) -> list[str]:
    return [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def inner_functions(function: FunctionType) -> Iterator[FunctionType]:
    """Yield the functions that one wraps, nearest first: its ``__wrapped__``, those it closes over, and theirs."""
    queue: list[Any] = [vars(function).get("__wrapped__"), *closure(function).values()]
    seen = {id(function)}
    while queue:
        found = unwrapped(queue.pop(0))
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        queue += [vars(found).get("__wrapped__"), *closure(found).values()]


def closure(function: FunctionType) -> dict[str, Any]:
    """Return the values a function closes over, by name; unset ones are left out."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    found = {}
    for name, cell in cells:
        try:
            found[name] = cell.cell_contents
        except ValueError:
            continue
    return found


def _code_of(member: object, notebook: Notebook) -> CodeType | None:
    """Return the code of a method that the notebook wrote; None for those that a library put into the class."""
    if isinstance(member, staticmethod | classmethod):
        member = member.__func__
    if isinstance(member, property):
        member = member.fget
    function = unwrapped(member)
    ours = function is not None and function.__globals__ is notebook.namespace
    return function.__code__ if ours and function is not None and function.__code__.co_filename != "<string>" else None


def _first_line(node: ast.stmt | ast.expr) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _node_of(cell: Cell, code: CodeType) -> _Definition | None:
    if cell.tree is None or code.co_name.strip("<>") not in cell.text:
        return None
    inner = (one for whole in cell.codes(code.co_flags) for one in nested(whole))
    alike = [one for one in inner if one.co_name == code.co_name and same_code(one, code)]
    exact = [one for one in alike if one.co_firstlineno == code.co_firstlineno]
    for one in exact or alike[-1:]:
        for node in ast.walk(cell.tree):
            if isinstance(node, ast.Lambda) and one.co_name == "<lambda>" and _spans(one, node.body):
                return node
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_def(node, one):
                return node
    return None


def _is_def(node: ast.FunctionDef | ast.AsyncFunctionDef, code: CodeType) -> bool:
    return node.name == code.co_name and _first_line(node) == code.co_firstlineno


def _spans(code: CodeType, body: ast.expr) -> bool:
    """Tell whether a lambda's code was compiled from that very expression: two may share a line."""
    place = (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset)
    return place in set(code.co_positions())


def _fits(cell: Cell, node: ast.ClassDef, cls: type, own: list[CodeType], flags: int) -> bool:
    names = {target.id for statement in node.body for target in _targets(statement)}
    if not names <= set(dir(cls)) | set(inspect.get_annotations(cls)) | set(getattr(cls, "_ignore_", ())):
        return False
    inner = [one for whole in cell.codes(flags) for one in nested(whole)]
    bodies = [
        one for one in inner if one.co_name == node.name and node.lineno >= one.co_firstlineno >= _first_line(node)
    ]
    return any(all(any(same_code(code, one) for one in nested(body)) for code in own) for body in bodies)


def _targets(statement: ast.stmt) -> Iterator[ast.Name]:
    match statement:
        case ast.Assign(targets=targets):
            yield from (target for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name() as target):
            yield target


def _segment(
    cell: Cell, node: _Definition, flags: int, enclosed: tuple[str, ...] = (), *, apart: bool = False
) -> Segment:
    """Return a definition's text; variables of an enclosing function become the module's, unless kept apart."""
    binds = getattr(node, "name", "")
    if isinstance(node, ast.Lambda):
        text = ast.get_source_segment(cell.text, node) or ""
        text = text if "\n" not in text else f"({text})"
        compiled = compile(f"({text})", cell.label, "exec", flags=flags & 0x1FE0000, dont_inherit=True)
    else:
        alone = _lines(_outer_made_global(cell.text, node, enclosed), node)
        text = _lines(cell.text, node) if apart else alone
        compiled = compile(alone, cell.label, "exec", flags=flags & 0x1FE0000, dont_inherit=True)
    return Segment(
        text=text,
        binds=binds,
        cell=cell.label,
        order=(cell.number, node.lineno),
        uses=uses(compiled),
        future_annotations=bool(flags & _ANNOTATIONS),
        decorated=bool(getattr(node, "decorator_list", [])),
        source=cell,
        defaults=tuple(_named_defaults(node)),
    )


def _named_defaults(node: _Definition) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.ClassDef):
        return
    for argument, default in defaults_of(node):
        if isinstance(default, ast.Name | ast.List | ast.Dict | ast.Set):
            yield argument, ast.unparse(default)


def defaults_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the parameters that may have a default, with its expression."""
    placed = [*node.args.posonlyargs, *node.args.args][-len(node.args.defaults) :] if node.args.defaults else []
    pairs = [*zip(placed, node.args.defaults, strict=True)]
    for argument, default in [*pairs, *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)]:
        yield argument.arg, default


def _outer_made_global(text: str, node: ast.stmt, enclosed: tuple[str, ...]) -> str:
    """Return the cell with ``nonlocal n`` turned into ``global n`` where n belongs to the factory left behind."""
    lines = text.split("\n")
    for inner in ast.walk(node):
        if isinstance(inner, ast.Nonlocal) and set(inner.names) <= set(enclosed):
            row, column = inner.lineno - 1, inner.col_offset
            lines[row] = lines[row][:column] + lines[row][column:].replace("nonlocal", "global", 1)
    return "\n".join(lines)


def _lines(text: str, node: ast.stmt) -> str:
    lines = text.split("\n")
    first = _first_line(node) - 1
    while first > 0 and lines[first - 1].strip().startswith("#") and not lines[first - 1].strip().startswith("# %%"):
        first -= 1
    chosen = "\n".join(line.rstrip("\r") for line in lines[first : node.end_lineno])
    dedented = textwrap.dedent(chosen)
    try:
        ast.parse(dedented)
    except SyntaxError:  # a string inside reaches the left margin
        return f"if True:  # kept as indented in the notebook\n{chosen}"
    return dedented
