"""load_model() and run() as predict.py has them."""

from __future__ import annotations

from aibro_jupyter.capturing.gathering.target import Target
from aibro_jupyter.capturing.proving.inputs import Inputs
from aibro_jupyter.capturing.session.items import Gathered
from aibro_jupyter.capturing.values.rehome import HOME
from aibro_jupyter.capturing.writing.importblock import taken
from aibro_jupyter.capturing.writing.script import Script, noted, safe, statement_of


def load_model(script: Script, gathered: Gathered, target: Target) -> str:
    """Return the source of the loader: it fills the globals that the notebook's code reads."""
    root = "model" if target.handwritten else f"{HOME}.{target.root}" if script.apart else target.root
    names = [name for load in script.loads for name in load.names]
    made = script.after_loads(gathered)
    names += [item.name for item in made]
    lines = ["def load_model():", '    """Bring back what the notebook held in memory."""']
    if names:
        lines.append(f"    global {', '.join(names)}")
    for load in script.loads:
        lines += [f"    {statement}" for statement in load.saved.imports if taken(statement, gathered)]
        lines += [f"    {line}" for line in noted(load).split("\n")]
    lines += [f"    {line}" for item in made for line in statement_of(item).split("\n")]
    lines.append(f"    return {root}")
    return "\n".join(lines)


def run(target: Target, inputs: Inputs) -> str:
    """Return the source of the answering function: one call of the notebook's, with names that hide nothing."""
    used = {*inputs.bound, *target.positional, *target.keywords.values()}
    model = next(name for name in ("model", "function", "loaded", "model_") if name not in used)
    data = next(name for name in ("data", "body", "posted", "data_") if name not in used)
    told = f"Answer one request; {data} is {inputs.told()}." if inputs.parameters else "Answer one request."
    call = f"{model}{target.call}({', '.join(_arguments(target, inputs, data))})"
    lines = [f"def run({model}, {data}):", f'    """{safe(told)}"""']
    if target.coroutine:
        return "\n".join([*lines, "    import asyncio", "", f"    return asyncio.run({call})"])
    return "\n".join([*lines, f"    return {f'list({call})' if target.generator else call}"])


def _arguments(target: Target, inputs: Inputs, data: str) -> list[str]:
    arguments = list(target.positional)
    by_name = False
    for name, parameter in target.parameters.items():
        if name not in inputs.bound and name not in inputs.free:
            by_name = True  # it keeps its default, so those after it need their names
            continue
        value = name if name in inputs.bound else data if inputs.whole else f'{data}["{name}"]'
        if name in inputs.made_of:
            value = f"{inputs.made_of[name].__name__}(**{value})"
        by_name = by_name or parameter.kind is parameter.KEYWORD_ONLY
        arguments.append(f"{name}={value}" if by_name else value)
    return [*arguments, *(f"{name}={value}" for name, value in target.keywords.items())]
