"""Everything a target needs, followed from name to name through the live objects; every culprit is kept."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PosixPath
from types import FunctionType
from typing import Any

from aibro_jupyter.capturing.gathering.classstate import class_state
from aibro_jupyter.capturing.gathering.drifted import drifted
from aibro_jupyter.capturing.gathering.finder import FIXED, Finder, dispatched
from aibro_jupyter.capturing.gathering.gone import gone
from aibro_jupyter.capturing.gathering.lasting import lasting
from aibro_jupyter.capturing.gathering.naming import Naming
from aibro_jupyter.capturing.gathering.order import spread
from aibro_jupyter.capturing.gathering.patches import changes_of, variables_of
from aibro_jupyter.capturing.gathering.paths import files_of_code, find_files
from aibro_jupyter.capturing.gathering.registered import empty_what_fills_itself, registered, starts_processes
from aibro_jupyter.capturing.gathering.settle import settle
from aibro_jupyter.capturing.session.changes import changed_in
from aibro_jupyter.capturing.session.imports import import_of, names_free
from aibro_jupyter.capturing.session.items import Alias, Defined, Gathered, Held, Imported
from aibro_jupyter.capturing.session.kernelonly import KERNEL_ONLY, MODULE_OWN, display, injected
from aibro_jupyter.capturing.session.localmodules import made_in_local_module
from aibro_jupyter.capturing.session.notebook import Notebook
from aibro_jupyter.capturing.session.source import function_segment, unwrapped
from aibro_jupyter.capturing.session.wrappers import wrapped_functions
from aibro_jupyter.capturing.values import guards
from aibro_jupyter.capturing.values.asis import as_written
from aibro_jupyter.capturing.values.contents import Contents, Wanted
from aibro_jupyter.capturing.values.reach import type_name
from aibro_jupyter.capturing.values.rows import rows_told, without_rows
from aibro_jupyter.capturing.values.savers import registry
from aibro_jupyter.capturing.values.savers.remade import constructor_call
from aibro_jupyter.capturing.values.values import Written, literal

_MISSING = object()
_BUILTINS = frozenset(vars(builtins)) - {"display"}


class Collector:
    """Walks from names to items until nothing is missing; ``gathered`` has the outcome."""

    def __init__(self, notebook: Notebook, secrets: guards.Secrets, asked: Mapping[str, str] | None = None) -> None:
        """``asked`` are the files that come along in any case."""
        self.gathered = Gathered(asked=asked or {})
        self._notebook = notebook
        self._secrets = secrets
        self._values: dict[str, Any] = {}
        self._finder = Finder(notebook, self._values)
        self._chains: dict[str, set[str]] = {}
        self._by_id: dict[int, str] = {}
        self._naming = Naming(notebook, self.gathered, self._by_id, self._chains)
        self._queue: list[Wanted] = []
        self._scanned: set[str] = set()

    def collect(
        self,
        names: Mapping[str, Any],
        *,
        extra: Iterable[str] = (),
        files: Mapping[str, str] | None = None,
        patches: Collection[str] = (),
    ) -> Gathered:
        """Follow the target's names; return all that was gathered.

        ``extra`` are names, ``files`` relative paths with who reads them, that a proof found missing, and ``patches``
        those of libraries that it found to be needed.
        """
        self._queue = [(name, value, "") for name, value in names.items()]
        self._queue += [(name, self._notebook.namespace.get(name, _MISSING), "") for name in extra]
        self.gathered.extra = set(extra)
        for name, *_ in self._queue:
            self._chains.setdefault(name, set()).add("")
        self._follow()
        self._look_inside()
        self._compare()
        more: list[Wanted] | None = []
        while more is not None:
            self._queue += more
            self._follow()
            self._look_inside()
            more = changes_of(self._notebook, self.gathered, self._secrets, patches)
        variables_of(self._notebook, self.gathered, self._secrets)
        settle(self.gathered, self._notebook, self._values, self._chains, self._without_rows)
        empty_what_fills_itself(self.gathered, lambda one: self._naming.name(one, {}))
        spread(self.gathered, self._by_id, on_import=starts_processes(self.gathered))
        self.gathered.warnings += lasting(self.gathered)
        found = files or {}
        self.gathered.by_sample = {name for name in found.keys() - self.gathered.files.keys() if Path(name).is_file()}
        self.gathered.files |= found
        return self.gathered

    # --- one name ---------------------------------------------------------------------------------------------------

    def _add(self, name: str, value: Any, user: str) -> None:
        if name in self._values:
            self._same(name, value, user)
            return
        self._values[name] = value
        self.gathered.users.setdefault(name, user)
        if value is _MISSING:
            self._missing(name, user)
            return
        function = self._function_of(name, value)
        code = value if isinstance(value, type) else function
        if code is not None and self._notebook.owns(code):
            if user and self._naming.is_method(value):
                self._hold(name, value)
            else:
                self._define(name, value, function)
            return
        if self._naming.is_renamed(name, value):
            self._hold(name, value)
            return
        statements = import_of(self._notebook, name, value, self._chains.get(name, set()))
        if statements is not None:
            self.gathered.items[name] = Imported(name=name, statements=statements)
        elif function is not None and self._finder.knows(name, value, function):
            self._define(name, value, function)
        else:
            self._hold(name, value)

    def _is_ours(self, value: Any) -> bool:
        return self._notebook.owns(value) or made_in_local_module(value)

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
        if known is not value and not (isinstance(value, FIXED) and type(known) is type(value) and known == value):
            reason = f"{user}() means another object by that name than the rest does"
            self._refuse(name, value, reason, f"rename one of the two '{name}'")

    def _define(self, name: str, value: Any, function: FunctionType | None) -> None:
        own = getattr(value, "__name__", name)
        if own.strip("_") and own != name and own not in self._values and self._notebook.namespace.get(own) is value:
            self._add(own, value, name)  # what has two names is defined under its own
        if id(value) in self._by_id:
            self.gathered.items[name] = Alias(name=name, of=self._by_id[id(value)])
            return
        segment, enclosed = self._finder.source(name, value, function)
        if segment is not None and function is not None:
            segment, stale = self._finder.with_defaults(function, segment, enclosed)
            if stale:
                self._refuse(name, function, stale, "run its cell again, or write the value out")
        if segment is None:
            self._without_source(name, value)
            return
        if segment.compiled:
            told = f"its source is lost, so its compiled code goes along, and only Python {segment.compiled} runs it"
            self.gathered.warnings.append(f"{name} ({self._notebook.bound_in(name) or 'a cell'}): {told}")
        meaning = {**self._notebook.namespace, **enclosed}.get
        found = files_of_code(self.gathered, segment.text, segment.uses.strings, name, meaning)
        place = (self._notebook.place(segment.binds or name) if segment.binds != "_" else None) or segment.order
        segment = replace(segment, text=found.applied(segment.text), order=place)
        self._by_id[id(value)] = name
        self.gathered.items[name] = Defined(name=name, value=value, segment=segment)
        if why := self._secrets.in_code(segment.text):
            self.gathered.refuse(name, segment.cell, f"in its source, {why.reason}", why.fix, type_name(value))
        for implementation in dispatched(value, self._notebook):
            self._along(name, implementation)
        for used, chains in segment.uses.chains.items():
            self._chains.setdefault(used, set()).update(chains)
        for used in segment.uses.every():
            self._want(used, name, enclosed, rebound=used in segment.uses.rebound)

    def _along(self, name: str, implementation: FunctionType) -> None:
        """Have a function of a generic function come too, though nobody reads its name."""
        own, others = implementation.__name__, self.gathered.along.setdefault(name, [])
        named = own.strip("_") and self._notebook.namespace.get(own) is implementation
        key = own if named else f"{name}[{len(others) + 1}]"
        others.append(key)
        self._queue.append((key, implementation, name))

    def _want(self, name: str, user: str, enclosed: Mapping[str, Any], *, rebound: bool) -> None:
        value = enclosed.get(name, self._notebook.namespace.get(name, _MISSING))
        if value is not _MISSING and injected(value) and name in _BUILTINS:
            value = _MISSING  # IPython puts an open() of its own over Python's
        if name in MODULE_OWN:
            return
        if name in KERNEL_ONLY and name not in enclosed and not self._notebook.bound_in(name):
            self._kernel_only(name, user)
        elif name == "display" and (value is _MISSING or injected(value)):
            self.gathered.items[name] = Defined(name=name, value=None, segment=display())
        elif value is not _MISSING or not (name in _BUILTINS or rebound):
            self._queue.append((name, value, user))

    def _hold(self, name: str, value: Any) -> None:
        if not isinstance(value, FIXED) and id(value) in self._by_id:
            self.gathered.items[name] = Alias(name=name, of=self._by_id[id(value)])
            return
        named: dict[str, Any] = {}
        written = literal(value, name_of=lambda one: self._naming.name(one, named, besides=name))
        if written is None and callable(value) and (text := self._naming.assigned(name, value, named)):
            written = Written(text=text)
        if written is None and (why := guards.bound_to_process(value)) is not None:
            self._refuse(name, value, why.reason, why.fix)
            return
        if written is not None and not names_free(self._notebook, written.imports):
            written = None
        self._by_id[id(value)] = name
        item = Held(name=name, value=value, cell=self._notebook.bound_in(name))
        item.order = self._notebook.place(name) or (0, 0)
        if later := changed_in(self._notebook.cells, name):
            told = f"changed by {later} after {item.cell} made it; the repo has it as it is now"
            self.gathered.warnings.append(f"{name} ({item.cell}): {told}")
        if registry.wants_constructor(value):
            item.made = constructor_call(self._notebook.cells, name, value, self._notebook.namespace)
        if written is not None:
            self._as_literal(item, written, named)
        self.gathered.items[name] = item

    def _as_literal(self, item: Held, written: Written, named: Mapping[str, Any]) -> None:
        """Write a value out, in its author's own words where they still say it."""
        item.literal, item.imports, item.needs = written.text, tuple(written.imports), tuple(named)
        self._queue += [(needed, one, item.name) for needed, one in named.items()]
        kept = None if named or written.imports else as_written(self._notebook.cells, item.name, item.value)
        if kept is not None and self._secrets.in_code(f"{item.name} = {kept.text}  # {kept.comment}") is None:
            item.literal, item.comment = kept.text, kept.comment
        if isinstance(item.value, str | PosixPath):
            item.literal = find_files(self.gathered, [str(item.value)], item.name).applied(item.literal)

    def _compare(self) -> None:
        """Have come along what nobody reads by name, and what the notebook changed in classes and local modules."""
        while more := registered(self._notebook, self.gathered):
            self._queue += more
            self._follow()
            self._look_inside()
        named: dict[str, Any] = {}
        self._queue += class_state(self._notebook, self.gathered, named, lambda one: self._naming.name(one, named))
        self._follow()
        found = drifted(self._notebook, self.gathered, self._secrets, named, lambda one: self._naming.name(one, named))
        for name in found.rebound:
            self._hold(name, self._values[name])
        self._queue += found.wanted

    def _follow(self) -> None:
        while self._queue:
            self._add(*self._queue.pop(0))

    def _look_inside(self) -> None:
        """Scan every value, those too that the code inside other values needs."""
        contents = Contents(self.gathered, self._notebook.namespace, self._secrets, self._is_ours)
        while todo := [item for item in self.gathered.held() if item.name not in self._scanned]:
            for item in todo:
                self._scanned.add(item.name)
                self._queue += contents.scan(item, self._by_id)
            self._follow()

    def _without_rows(self, item: Held, chains: Iterable[str]) -> None:
        """Leave behind the rows that nobody reads, and name those that go along."""
        before, item.value = item.value, without_rows(item.value, list(chains))
        smaller = literal(item.value) if item.value is not before else None
        if smaller is not None and names_free(self._notebook, smaller.imports):
            self._as_literal(item, smaller, {})
        user = self.gathered.users.get(item.name) or "the function"
        if told := rows_told(item.value, self._notebook.owns, user):
            self.gathered.warnings.append(f"{item.name} ({item.cell or 'a cell'}): {told}")

    # --- culprits ---------------------------------------------------------------------------------------------------

    def _missing(self, name: str, user: str) -> None:
        cell = self.gathered.cell_of(user)
        used = f"used in {user}()" + (f", {cell}" if cell else "") if user else "used"
        told, fix = gone(self._notebook, name)
        reason = f"no such variable now, {used}" + (f": {told}" if told else "")
        self.gathered.refuse(name, "", reason, fix, "missing")

    def _kernel_only(self, name: str, user: str) -> None:
        known = KERNEL_ONLY[name]
        reason = f"{user}() uses it, and it exists only inside a notebook: {known.meaning}"
        self.gathered.refuse(name, self.gathered.cell_of(user), reason, known.instead, "notebook only")

    def _without_source(self, name: str, value: Any) -> None:
        reason, fix = "its source is nowhere to be found", "define it in a cell and run that cell"
        if made_of := wrapped_functions(self._notebook, value):
            reason = f"it was made of {made_of[0].__name__}(), and no cell says how, with the values it was made of"
            fix = f"write {name} = ... at the top level of a cell and run that cell"
            if name not in self._notebook.namespace:
                fix = "give what was made of it a name of its own in a cell, and use that name where it is held"
        self._refuse(name, value, reason, fix)

    def _refuse(self, name: str, value: Any, reason: str, fix: str) -> None:
        self.gathered.refuse(name, self._notebook.bound_in(name), reason, fix, type_name(value))
