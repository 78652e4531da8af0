"""predict.py and notebook_code.py as text: the notebook's own code, in an order that runs, under its own names."""

from __future__ import annotations

from collections.abc import Container, Iterable

from aibro_jupyter.capturing.gathering.order import ordered
from aibro_jupyter.capturing.gathering.target import Target
from aibro_jupyter.capturing.proving.inputs import Inputs
from aibro_jupyter.capturing.session.items import Alias, Defined, Gathered, Held, Imported, Item
from aibro_jupyter.capturing.session.settings import before_imports, settings_of
from aibro_jupyter.capturing.session.source import Segment
from aibro_jupyter.capturing.values.rehome import HOME
from aibro_jupyter.capturing.values.store import Load
from aibro_jupyter.capturing.writing.entry import load_model, run
from aibro_jupyter.capturing.writing.importblock import at_top, import_block, modules_of, under_own_names
from aibro_jupyter.capturing.writing.script import Script, safe, statement_of

OURS = frozenset({"run", "load_model"})
"""Names that predict.py must define itself."""
_WITH_BODY = ("def ", "class ", "async ", "@", "#")


def scripts(gathered: Gathered, loads: list[Load], target: Target, inputs: Inputs, name: str) -> dict[str, str]:
    """Return file name -> text of the repo's own modules."""
    user_loads = target.handwritten and isinstance(gathered.items.get("load_model"), Defined)
    in_order, at_home = ordered(gathered), _at_home(gathered, loads, target)
    home = [item for item in in_order if item in at_home]
    here = [item for item in in_order if item not in at_home]
    texts = {}
    home_loads = [load for load in loads if at_home & set(load.names)]
    own_loads = [load for load in loads if load not in home_loads]
    if home:
        script = Script(doc=_home_doc(name), names=home)
        modules = modules_of(script, gathered)
        script.early, script.loads = _split([under_own_names(load, modules) for load in home_loads], gathered.early)
        texts[f"{HOME}.py"] = _home(script, gathered)
    script = Script(doc=_doc(name, target), names=here, settings=[*settings_of(gathered.roots()), *gathered.settings])
    asked = [item for item in home if item in _asked_for(gathered, here, target, inputs) | _named_by(own_loads)]
    script.names += [item for item in asked if isinstance(gathered.items[item], Imported)]
    script.apart = not target.handwritten and target.root in OURS
    script.from_home = [item for item in asked if item not in (*script.names, *(OURS if script.apart else ()))]
    modules = modules_of(script, gathered)
    own_loads = [under_own_names(load, modules) for load in own_loads]
    script.early, script.loads = (own_loads, []) if user_loads else _split(own_loads, gathered.early)
    texts["predict.py"] = _predict(script, gathered, target, inputs, user_loads=user_loads)
    return texts


def _at_home(gathered: Gathered, loads: list[Load], target: Target) -> set[str]:
    """Return the names that go into notebook_code.py: those that pickles name there, and what must be with them."""
    names = set(gathered.home)
    if target.handwritten:
        names -= OURS
    elif OURS & set(gathered.items):
        names |= set(gathered.items)  # their names would collide with ours
    for load in loads:
        if names & set(load.names):
            names |= {*load.names, *load.saved.code}
    return names


def _split(loads: list[Load], early: set[str]) -> tuple[list[Load], list[Load]]:
    soon = [load for load in loads if early & set(load.names)]
    return soon, [load for load in loads if load not in soon]


def _asked_for(gathered: Gathered, here: list[str], target: Target, inputs: Inputs) -> set[str]:
    asked = {target.root, *target.positional, *target.keywords.values(), *inputs.bound, *gathered.extra}
    asked |= {kind.__name__ for kind in inputs.made_of.values()}
    for name in here:
        match gathered.items[name]:
            case Defined(segment=segment):
                asked |= set(segment.uses.every())
            case Alias(of=of):
                asked.add(of)
            case Held(needs=needs):
                asked |= set(needs)
    return asked | ({"model"} if target.handwritten else set())


def _named_by(loads: list[Load]) -> set[str]:
    return {name for load in loads for name in load.saved.code}


# --- the two modules --------------------------------------------------------------------------------------------------


def _home(script: Script, gathered: Gathered) -> str:
    blocks = _top(script, gathered)
    late = [at_top(load, gathered) for load in script.loads]
    late += [statement_of(item) for item in script.after_loads(gathered)]
    return _module(blocks, ["\n".join(late)] if late else [])


def _predict(script: Script, gathered: Gathered, target: Target, inputs: Inputs, *, user_loads: bool) -> str:
    blocks = _top(script, gathered, without={"run"} if target.handwritten else set())
    end = [] if user_loads else [load_model(script, gathered, target)]
    if target.handwritten:
        item = gathered.items["run"]
        assert isinstance(item, Defined)  # target_of() has seen that it is a function
        end.append(_definition(item, ""))
    else:
        end.append(run(target, inputs))
    return _module(blocks, end)


def _module(blocks: list[str], end: list[str]) -> str:
    head = [block for block in blocks if block]
    return "\n\n\n".join(["\n\n".join(head[:1]), *head[1:], *end]).replace("\n\n\n\n", "\n\n\n") + "\n"


def _top(script: Script, gathered: Gathered, without: Iterable[str] = ()) -> list[str]:
    """Return docstring with imports and constants, then one block per definition."""
    items = [gathered.items[name] for name in script.names if name not in set(without)]
    future = any(isinstance(item, Defined) and item.segment.future_annotations for item in items)
    head = [script.doc + ("\n\nfrom __future__ import annotations" if future else "")]
    if first := before_imports(gathered.roots()):
        head.append("\n".join(first))
    if block := import_block(script, gathered):
        head.append(block)
    constants = _constants(items, gathered)
    if script.settings:
        head.append("\n".join(setting.call for setting in script.settings))
    if constants:
        head.append("\n".join(statement_of(item) for item in constants))
    if script.early:
        head.append("\n".join(at_top(load, gathered, with_cell=True) for load in script.early))
    done = {item.name for item in [*constants, *script.after_loads(gathered)]}
    return ["\n\n".join(head), *_definitions([item for item in items if item.name not in done])]


def _constants(items: Iterable[Item], gathered: Gathered) -> list[Alias | Held]:
    """Return the values that need nothing but imports and each other; second names of them stand below."""
    found: dict[str, Held] = {}
    for item in items:
        if isinstance(item, Held) and item.literal and all(_is_there(gathered, one, found) for one in item.needs):
            found[item.name] = item
    return [*found.values(), *(item for item in items if isinstance(item, Alias) and item.of in found)]


def _is_there(gathered: Gathered, name: str, constants: Container[str]) -> bool:
    return name in constants or isinstance(gathered.items.get(name), Imported)


def _definitions(items: Iterable[Item]) -> list[str]:
    blocks: list[str] = []
    before = ""
    last: Segment | None = None
    follows = False
    for item in items:
        if isinstance(item, Imported) or (isinstance(item, Held) and not item.literal):
            continue
        if isinstance(item, Defined) and not item.segment.text:
            continue  # a factory above has made it
        if isinstance(item, Defined):
            if item.segment.statement and last is not None and last.statement and before == item.segment.cell:
                blocks[-1] += f"\n{item.segment.text}"
            else:
                blocks.append(_definition(item, before))
            before, last = item.segment.cell, item.segment
        else:
            same_cell = before and isinstance(item, Held) and before == item.cell
            if follows or (same_cell and last is not None and not last.text.startswith(_WITH_BODY)):
                blocks[-1] += f"\n{statement_of(item)}"
            else:
                blocks.append(statement_of(item))
            before = ""
        follows = not isinstance(item, Defined)
    return blocks


def _definition(item: Defined, before: str) -> str:
    """Return a definition under a marker of its cell, unless the one above it comes from there too."""
    segment = item.segment
    text = segment.text if segment.binds else f"{item.name} = {segment.text}"
    alias = f"\n\n\n{item.name} = {segment.binds}" if segment.binds.strip("_") and segment.binds != item.name else ""
    return (text if segment.cell == before else f"# {segment.cell}\n{text}") + alias


def _doc(name: str, target: Target) -> str:
    what = f"the notebook's {target.label}" if not target.handwritten else "the notebook's run()"
    return (
        f'"""{safe(name)}: serves {safe(what)}.\n\n'
        "load_model() brings back what the notebook held in memory, run() answers one request. Captured by\n"
        'aibro_jupyter: to change it, change the notebook and capture again.\n"""'
    )


def _home_doc(name: str) -> str:
    return f'"""{safe(name)}: the notebook\'s code that files in model/ refer to; keep this module\'s name."""'
