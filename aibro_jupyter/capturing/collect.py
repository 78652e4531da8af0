"""Everything a target needs, followed from name to name through the live objects; every culprit is kept."""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Iterable, Mapping
from pathlib import PosixPath
from types import CellType, FunctionType, ModuleType
from typing import Any

from aibro_jupyter.capturing import guards
from aibro_jupyter.capturing.contents import Contents, Wanted
from aibro_jupyter.capturing.imports import import_of
from aibro_jupyter.capturing.items import Alias, Defined, Held, Imported, Plan
from aibro_jupyter.capturing.names import Uses
from aibro_jupyter.capturing.notebook import Notebook
from aibro_jupyter.capturing.order import spread
from aibro_jupyter.capturing.paths import find_files
from aibro_jupyter.capturing.reach import type_name
from aibro_jupyter.capturing.source import (
    Segment,
    class_segment,
    closure,
    enclosed_in_factory,
    function_segment,
    unwrapped,
)
from aibro_jupyter.capturing.values import literal

_KERNEL_ONLY = frozenset(
    {"get_ipython", "In", "Out", "_", "__", "___", "_i", "_ii", "_oh", "_ih", "_dh", "exit", "quit"}
)
_MODULE_OWN = frozenset(
    {"__name__", "__doc__", "__annotations__", "__builtins__", "__file__", "__spec__", "__qualname__", "__module__"}
)
_HEAD_ONLY = frozenset({"columns", "dtypes"})
_FIXED = (int, float, complex, str, bytes, bool, type(None), tuple, frozenset)
_MISSING = object()
_BUILTINS = frozenset(vars(builtins)) - {"display"}


class Collector:
    """Walks from names to items until nothing is missing; ``plan`` has the outcome."""

    def __init__(self, notebook: Notebook, secrets: guards.Secrets) -> None:
        self.plan = Plan()
        self._notebook = notebook
        self._secrets = secrets
        self._values: dict[str, Any] = {}
        self._claimed: dict[str, CellType] = {}
        """Variable of a closure that became a global -> the cell it stands for."""
        self._chains: dict[str, set[str]] = {}
        self._by_id: dict[int, str] = {}
        self._queue: list[Wanted] = []

    def collect(self, names: Mapping[str, Any], *, extra: Iterable[str] = ()) -> Plan:
        """Follow the target's names, and those found missing by a proof; return the plan."""
        self._queue = [(name, value, "") for name, value in names.items()]
        self._queue += [(name, self._notebook.namespace.get(name, _MISSING), "") for name in extra]
        self.plan.extra = set(extra)
        for name, *_ in self._queue:
            self._chains.setdefault(name, set()).add("")
        self._follow()
        self._look_inside()
        self._finish()
        spread(self.plan, self._by_id)
        return self.plan

    # --- one name ---------------------------------------------------------------------------------------------------

    def _add(self, name: str, value: Any, user: str) -> None:
        if name in self._values:
            self._same(name, value, user)
            return
        self._values[name] = value
        self.plan.users.setdefault(name, user)
        if value is _MISSING:
            self._missing(name, user)
            return
        function = self._function_of(name, value)
        code = value if isinstance(value, type) else function
        if code is not None and self._notebook.owns(code):
            self._define(name, value, function)
            return
        statements = import_of(self._notebook, name, value, self._chains.get(name, set()))
        if statements is not None:
            self.plan.items[name] = Imported(name=name, statements=statements)
            return
        self._hold(name, value)

    def _function_of(self, name: str, value: Any) -> FunctionType | None:
        """Return the function that a name's definition made: the value itself, or what a decorator put into it."""
        if isinstance(value, type):
            return None
        if (plain := unwrapped(value)) is not None or not self._notebook.owns(type(value)):
            return plain
        for held in vars(value).values() if hasattr(value, "__dict__") else ():
            if isinstance(held, FunctionType) and held.__name__ == name:
                segment = function_segment(self._notebook, held, name)
                return held if segment is not None and segment.decorated else None
        return None

    def _same(self, name: str, value: Any, user: str) -> None:
        """Refuse one name that means two things, as a closure's variable and a global may."""
        known = self._values[name]
        if known is not value and not (isinstance(value, _FIXED) and type(known) is type(value) and known == value):
            reason = f"{user}() means another object by that name than the rest does"
            self._refuse(name, value, reason, f"rename one of the two '{name}'")

    def _define(self, name: str, value: Any, function: FunctionType | None) -> None:
        if id(value) in self._by_id:
            self.plan.items[name] = Alias(name=name, of=self._by_id[id(value)])
            return
        segment, enclosed = self._source(name, value, function)
        if segment is None:
            self._refuse(name, value, "its source is nowhere to be found", "define it in a cell and run that cell")
            return
        self._by_id[id(value)] = name
        self.plan.items[name] = Defined(name=name, value=value, segment=segment)
        if why := self._secrets.inside(segment.text):
            self.plan.refuse(name, segment.cell, f"in its source, {why.reason}", why.fix, type_name(value))
        if function is not None:
            self._check_state(name, function, segment, enclosed)
        for used, chains in segment.uses.chains.items():
            self._chains.setdefault(used, set()).update(chains)
        for used in segment.uses.every():
            self._want(used, name, enclosed, rebound=used in segment.uses.rebound)
        find_files(self.plan, segment.uses.strings, name, may_read_data=name == "run")

    def _source(self, name: str, value: Any, function: FunctionType | None) -> tuple[Segment | None, Mapping[str, Any]]:
        """Return a definition's text and the objects of names that are not globals: what a closure holds."""
        if function is None:
            return class_segment(self._notebook, value), {}
        segment = function_segment(self._notebook, function, name)
        held = closure(function) if segment is not None and not segment.decorated else {}
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        if segment is None or not any(self._clashes(variable, one, cells[variable]) for variable, one in held.items()):
            self._claimed |= {variable: cells[variable] for variable in held}
            return segment, held
        apart = function_segment(self._notebook, function, name, apart=True)
        if apart is None:
            return None, {}
        names = {variable: f"{name}_{variable}" for variable in held}
        return enclosed_in_factory(apart, name, names), {names[variable]: one for variable, one in held.items()}

    def _clashes(self, variable: str, value: Any, cell: CellType) -> bool:
        """Tell whether a closure's variable would be taken for another thing if it were a global of the module."""
        if variable in self._claimed:
            return self._claimed[variable] is not cell
        known = self._values.get(variable, self._notebook.namespace.get(variable, value))
        plain = isinstance(value, _FIXED) and type(known) is type(value) and known == value
        return known is not value and not plain

    def _want(self, name: str, user: str, enclosed: Mapping[str, Any], *, rebound: bool) -> None:
        value = enclosed.get(name, self._notebook.namespace.get(name, _MISSING))
        if value is not _MISSING and _injected(value) and name in _BUILTINS:
            value = _MISSING  # IPython puts an open() of its own over Python's
        if name in _MODULE_OWN:
            return
        if name in _KERNEL_ONLY and name not in enclosed:
            self._kernel_only(name, user)
        elif name == "display" and (value is _MISSING or _injected(value)):
            self.plan.items[name] = Defined(name=name, value=None, segment=_display())
        elif value is not _MISSING or not (name in _BUILTINS or rebound):
            self._queue.append((name, value, user))

    def _check_state(self, name: str, function: FunctionType, segment: Segment, enclosed: Mapping[str, Any]) -> None:
        """Refuse what running the text again would not bring back: defaults that are of another time."""
        for parameter, text in segment.defaults if not segment.decorated else ():
            then = inspect.signature(function).parameters[parameter].default
            if not text.isidentifier():
                if not _still(text, then):
                    reason = f"its default {parameter}={text} was changed by calls since"
                    self._refuse(name, function, reason, "keep that state in a variable of the notebook")
                continue
            now = enclosed.get(text, self._notebook.namespace.get(text, getattr(builtins, text, None)))
            if then is not now and not (isinstance(then, _FIXED) and type(then) is type(now) and then == now):
                reason = f"its default {parameter}={text} holds an earlier value of '{text}'"
                self._refuse(name, function, reason, "run its cell again, or write the value out")

    def _hold(self, name: str, value: Any) -> None:
        if not isinstance(value, _FIXED) and id(value) in self._by_id:
            self.plan.items[name] = Alias(name=name, of=self._by_id[id(value)])
            return
        written = literal(value)
        if written is None and (why := guards.bound_to_process(value)) is not None:
            self._refuse(name, value, why.reason, why.fix)
            return
        if written is not None and not self._names_free(written.imports):
            written = None
        self._by_id[id(value)] = name
        item = Held(name=name, value=value, cell=self._notebook.bound_in(name))
        if written is not None:
            item.literal, item.imports = written.text, tuple(written.imports)
        self.plan.items[name] = item
        if isinstance(value, str | PosixPath):
            find_files(self.plan, [str(value)], name)

    def _names_free(self, statements: Iterable[str]) -> bool:
        for statement in statements:
            bound = statement.rsplit(" ", 1)[1]
            held = self._notebook.namespace.get(bound, _MISSING)
            if held is not _MISSING and not isinstance(held, ModuleType | type):
                return False
            if isinstance(held, ModuleType) and statement.startswith("from "):
                return False
            if isinstance(held, ModuleType) and statement.split()[1] != held.__name__:
                return False
        return True

    def _follow(self) -> None:
        while self._queue:
            self._add(*self._queue.pop(0))

    def _look_inside(self) -> None:
        """Scan every value, those too that the code inside other values needs."""
        contents = Contents(self.plan, self._notebook.namespace, self._secrets, self._notebook.owns)
        done: set[str] = set()
        while todo := [item for item in self.plan.held() if item.name not in done]:
            for item in todo:
                done.add(item.name)
                self._queue += contents.scan(item, self._by_id)
            self._follow()

    def _finish(self) -> None:
        """Settle what depends on every use of a name: which part of a frame, which submodules, who owns a ``def``."""
        for name, item in list(self.plan.items.items()):
            value, chains = self._values.get(name), self._chains.get(name, set())
            match item:
                case Held() if guards.is_frame(value) and chains and chains <= _HEAD_ONLY:
                    item.value = item.value.iloc[:0]
                case Held() if (count := guards.rows(value)) > guards.PRIVATE_ROWS:
                    user = self.plan.users.get(name) or "the function"
                    told = f"all {count} rows of this DataFrame go into the repo; keep only what {user} needs"
                    self.plan.warnings.append(f"{name} ({item.cell or 'a cell'}): {told}")
                case Imported() if isinstance(value, ModuleType):
                    item.statements = import_of(self._notebook, name, value, chains) or item.statements
                case Defined(segment=Segment(binds=binds)) if binds not in ("", name) and binds in self._values:
                    other = self.plan.items.get(binds)
                    if isinstance(other, Defined) and other.segment.text == item.segment.text:
                        self.plan.items[name] = Alias(name=name, of=binds)  # a class that was defined again, alike
                    elif self._values[binds] is not value:
                        reason = f"its definition is called {binds}, and so is another object that is needed"
                        self._refuse(name, value, reason, f"rename one of the two '{binds}'")

    # --- culprits ---------------------------------------------------------------------------------------------------

    def _missing(self, name: str, user: str) -> None:
        cell = self.plan.cell_of(user)
        used = f"used in {user}()" + (f", {cell}" if cell else "") if user else "used"
        self.plan.refuse(name, "", f"no such variable now, {used}", "run the cell that defines it", "missing")

    def _kernel_only(self, name: str, user: str) -> None:
        reason = f"{user}() uses it, and it exists only inside a notebook"
        fix = "take !commands, %magics and get_ipython() out of the function"
        self.plan.refuse(name, self.plan.cell_of(user), reason, fix, "notebook only")

    def _refuse(self, name: str, value: Any, reason: str, fix: str) -> None:
        self.plan.refuse(name, self._notebook.bound_in(name), reason, fix, type_name(value))


def _injected(value: Any) -> bool:
    home = value.__globals__.get("__name__") if isinstance(value, FunctionType) else getattr(value, "__module__", "")
    return str(home).partition(".")[0] in ("IPython", "ipykernel")


def _display() -> Segment:
    text = "def display(*objects, **options):\n    print(*objects)"
    return Segment(text=text, binds="display", cell="in place of the notebook's display()", order=(0, 0), uses=Uses())


def _still(text: str, value: Any) -> bool:
    """Tell whether a container default is what its text makes; True when the text alone does not say."""
    try:
        return bool(ast.literal_eval(text) == value)
    except ValueError:
        return True
