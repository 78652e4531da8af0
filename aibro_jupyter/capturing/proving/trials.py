"""The sample, changed: what the proof also asks, to learn what else than the sample the function takes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aibro_jupyter.capturing.proving.inputs import Inputs
from aibro_jupyter.capturing.proving.widening import FRACTIONS, LABELS, ONLY_SHOWN, SIZE, change, is_whole
from aibro_jupyter.errors import SlotFailed
from aibro_jupyter.modelio.bodies import Body
from aibro_jupyter.modelio.differences import differences
from aibro_jupyter.modelio.labels import OBJECT
from aibro_jupyter.modelio.values import table_kind
from aibro_jupyter.repo.slothost import Result
from aibro_jupyter.repo.slotprocess import SlotProcess

LONGEST_S = 10.0
"""Chosen: what is tried after it is over counts as not working, so that a slow model is not asked for minutes."""
_ONE_S = 60.0
_LARGEST = 4 * 2**20
"""Bytes of a body. Chosen: as large a sample is of one kind of thing, and takes its time each time."""
_MOST_COLUMNS = 24


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A change of one parameter's sample that works if every one of its bodies is answered."""

    parameter: str
    change: str
    bodies: tuple[Body, ...]
    alike: bool = False
    """The answer must be the sample's own."""
    parts: tuple[Trial, ...] = ()
    """Tried one by one where it does not work as a whole."""


def trials(inputs: Inputs) -> Iterator[Trial]:
    """Yield the changes of the first sample that its kind allows."""
    sample = next(iter(inputs.samples), {})
    for parameter in inputs.parameters:
        name = str(parameter["name"])
        if name not in sample or len(inputs.body(sample).content) > _LARGEST:
            continue
        yield from _of(inputs, sample, parameter, name)


def _of(inputs: Inputs, sample: Mapping[str, Any], parameter: Mapping[str, Any], name: str) -> Iterator[Trial]:
    value = sample[name]

    def trial(what: str, *values: Any, alike: bool = False, parts: tuple[Trial, ...] = ()) -> Trial:
        bodies = tuple(inputs.body({**sample, name: one}) for one in values)
        return Trial(parameter=name, change=what, bodies=bodies, alike=alike, parts=parts)

    if "index" in parameter:
        yield trial(change(LABELS), value.reset_index(drop=True), alike=True)
    if parameter["kind"] == "dataframe":
        whole = [at for at, column in enumerate(parameter["columns"]) if is_whole(column)]
        if whole and len(value):
            parts = tuple(trial(change(FRACTIONS, at), _columns(value, [at])) for at in whole[:_MOST_COLUMNS])
            yield trial(change(FRACTIONS), _columns(value, whole), parts=parts if len(whole) > 1 else ())
    if parameter["kind"] in ("ndarray", "series", "row") and is_whole(dict(parameter)) and value.size:
        yield trial(change(FRACTIONS), value + 0.5)
    for axis, size in enumerate(parameter.get("shape", ())):
        if axis and size and value.size:
            yield trial(change(SIZE, axis), *_sizes(value, axis, size))


def _columns(frame: Any, which: list[int]) -> Any:
    names = [frame.columns[at] for at in which]
    floats = {name: "Float64" if str(frame[name].dtype)[:1].isupper() else "float64" for name in names}
    made = frame.astype(floats)
    made[names] = made[names] + 0.5
    return made


def _sizes(array: Any, axis: int, size: int) -> Iterator[Any]:
    yield array.take([*range(size), size - 1], axis=axis)
    if size > 1:
        yield array.take(range(size - 1), axis=axis)


def _same(answer: bytes, other: bytes) -> bool:
    return not differences(json.loads(answer), json.loads(other))


def _same_but_for_labels(answer: bytes, result: Result) -> bool:
    """Tell whether two tables under labels differ in these alone."""
    _, labels = table_kind(result.content_type or "")
    if labels is None:
        return False
    return not differences(_without(json.loads(answer), labels), _without(json.loads(result.body), labels))


def _without(table: Any, labels: Any) -> list[Any]:
    if labels == OBJECT:
        return list(table.values())
    return [{name: cell for name, cell in row.items() if name not in labels} for row in table]


def working(slot: SlotProcess, asked: list[Trial], answer: bytes) -> tuple[tuple[str, str], ...]:
    """Return which changes work: (parameter, change). ``answer`` is the slot's to the sample itself."""
    until = time.monotonic() + LONGEST_S
    works: set[tuple[str, str]] = set()
    waiting = list(asked)
    while waiting and time.monotonic() < until:
        trial = waiting.pop(0)
        try:
            results = [slot.predict(body.content, body.content_type, _ONE_S) for body in trial.bodies]
        except SlotFailed:
            break  # a change has ended the process: no other is known to work
        if not all(result.ok for result in results):
            waiting[:0] = trial.parts
        elif not trial.alike or all(_same(answer, result.body) for result in results):
            works.add((trial.parameter, trial.change))
        elif all(_same_but_for_labels(answer, result) for result in results):
            works.add((trial.parameter, ONLY_SHOWN))
    return tuple(sorted(works))
