"""The import block of an emitted module: the notebook's statements, in the order people expect."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import replace

from aibro_jupyter.capturing.session.items import Defined, Gathered, Held, Imported
from aibro_jupyter.capturing.session.localmodules import local_path
from aibro_jupyter.capturing.values.rehome import HOME
from aibro_jupyter.capturing.values.store import Load
from aibro_jupyter.capturing.writing.script import Script, noted


def import_block(script: Script, gathered: Gathered) -> str:
    """Return all imports that a module needs: standard library, packages, then what lies in the repo."""
    statements: dict[str, None] = {}
    for name in script.names:
        match gathered.items[name]:
            case Imported(statements=found):
                statements |= dict.fromkeys(found)
            case Held(imports=found) as item if item.literal:
                statements |= dict.fromkeys(found)
            case Defined(segment=segment):
                statements |= dict.fromkeys(segment.imports)
    for load in [*script.early, *script.loads]:
        statements |= dict.fromkeys(_free(load, gathered))
    statements |= dict.fromkeys(setting.needs for setting in script.settings)
    if script.apart:
        statements[f"import {HOME}"] = None
    if script.from_home:
        statements[f"from {HOME} import {', '.join(sorted(script.from_home))}"] = None
    groups: dict[int, list[str]] = {0: [], 1: [], 2: []}
    for statement in statements:
        groups[_rank(statement)].append(statement)
    blocks = ["\n".join(sorted(_merged(group), key=_sort_key)) for group in groups.values() if group]
    return "\n\n".join(blocks)


def _merged(statements: Iterable[str]) -> list[str]:
    """Return the statements with those ``from`` the same module in one, while they fit a line."""
    names: dict[str, list[str]] = {}
    for statement in statements:
        head, _, bound = statement.partition(" import ")
        names.setdefault(head if bound else statement, []).append(bound)
    made = []
    for head, parts in names.items():
        joined = ", ".join(sorted(filter(None, parts)))
        if len(head) + len(joined) > 100:
            made += [f"{head} import {name}" for name in sorted(parts)]
        else:
            made.append(f"{head} import {joined}" if joined else head)
    return made


def modules_of(script: Script, gathered: Gathered) -> dict[str, str]:
    """Return the modules that the notebook's own imports bind in a script, with the name of each."""
    found: dict[str, str] = {}
    for name in script.names:
        item = gathered.items[name]
        for statement in item.statements if isinstance(item, Imported) else ():
            match statement.split():
                case ["import", module] if "." not in module:
                    found.setdefault(module, module)
                case ["import", module, "as", bound]:
                    found.setdefault(module, bound)
    return found


def under_own_names(load: Load, modules: Mapping[str, str]) -> Load:
    """Return a load that calls a module as the notebook does: ``xgb.Booster`` under ``import xgboost as xgb``."""
    text, imports = load.saved.load, []
    for statement in load.saved.imports:
        words = statement.split()
        module, ours = words[1], words[-1]
        if words[0] != "import" or modules.get(module, ours) == ours:
            imports.append(statement)
        else:
            text = _renamed(text, ours, modules[module])
    saved = replace(load.saved, load=text, imports=tuple(imports))
    return Load(names=load.names, saved=saved, cells=load.cells)


def _renamed(text: str, old: str, new: str) -> str:
    """Return code with a module called otherwise, but in its texts, which may be paths."""
    parts = re.split(r"""("[^"\n]*"|'[^'\n]*')""", text)
    parts[::2] = [re.sub(rf"(?<![\w.]){re.escape(old)}(?=\.)", new, part) for part in parts[::2]]
    return "".join(parts)


def _free(load: Load, gathered: Gathered) -> list[str]:
    """Return a load's imports, but those whose name the notebook uses for something else."""
    return [statement for statement in load.saved.imports if not taken(statement, gathered)]


def taken(statement: str, gathered: Gathered) -> bool:
    """Tell whether the notebook uses the name that an import of ours would bind for something else."""
    bound = statement.rsplit(" ", 1)[1]
    item = gathered.items.get(bound)
    return item is not None and not (isinstance(item, Imported) and statement in item.statements)


def at_top(load: Load, gathered: Gathered, *, with_cell: bool = False) -> str:
    """Return a load as a module runs it; in a function of its own where the notebook uses a name that it needs."""
    source = noted(load) if with_cell else load.source
    own = [statement for statement in load.saved.imports if taken(statement, gathered)]
    if not own:
        return source
    call = f"load_{load.names[0]}"
    head = f"def {call}():\n    global {', '.join(load.names)}\n"
    return head + textwrap.indent("\n".join([*own, source]), "    ") + f"\n\n\n{call}()"


def _rank(statement: str) -> int:
    root = statement.split()[1].partition(".")[0]
    if root in sys.stdlib_module_names:
        return 0
    return 2 if root == HOME or local_path(root) else 1


def _sort_key(statement: str) -> tuple[bool, str]:
    return statement.startswith("from "), statement.lower()
