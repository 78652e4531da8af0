"""The notebook's own answers to the samples."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import inspect
import io
import threading
from collections.abc import Callable, Mapping
from typing import Any

from aibro_jupyter.modelio.labels import OBJECT, Labelled, as_object, counts, index_levels, is_default, place
from aibro_jupyter.modelio.values import Encoder, encoded


class Answers:
    """The answers as the JSON that a slot would send, and which labels of tables in them say something."""

    def __init__(self) -> None:
        self.labelled: Labelled = {}
        self.took_s: list[float] = []
        """How long the notebook took for each."""
        self._kept: list[tuple[Any, bytes]] = []

    def add(self, answer: Any, sample: Mapping[str, Any], took_s: float) -> None:
        """Take the answer to a sample; raises ``BadValue`` where JSON cannot hold it.

        Row numbers that are the sample's own say nothing new: the answers are in the order of its rows.
        """
        chooser = _Chooser([value.index for value in sample.values() if _is_table(value) and counts(value.index)])
        chooser.plain(answer, "answer", 0)
        self.labelled = {**chooser.found, **self.labelled}
        # Encoded at once: the next call may change what this one returned.
        self.took_s.append(took_s)
        self._kept.append((answer, encoded(answer, labelled=self.labelled)))

    def encoded(self) -> tuple[bytes, ...]:
        """Return the answers, all with the labels of all."""
        if len(self._kept) < 2 or not self.labelled:
            return tuple(body for _, body in self._kept)
        return tuple(encoded(answer, labelled=self.labelled) for answer, _ in self._kept)


class _Chooser(Encoder):
    """Walks an answer as the encoder does, and chooses what the labels of each table become."""

    def __init__(self, known: list[Any]) -> None:
        super().__init__(question=False)
        self._known = known
        self.found: Labelled = {}

    def labels(self, table: Any, where: str) -> Any:
        index = table.index
        # Counts of numbers may come under 0, 1 one day and under 1, 0 the next: a range alone says nothing by its kind.
        if type(index).__name__ == "RangeIndex" and is_default(index):
            return None
        if any(type(index) is type(own) and index.equals(own) for own in self._known):
            return None
        columns = [str(name) for name in getattr(table, "columns", ())]
        if not columns and as_object(index):
            chosen: Any = OBJECT
        else:
            chosen = index_levels(index, columns)
            chosen = chosen if columns else [*chosen, str(table.name) if table.name is not None else "value"]
        earlier = self.found.setdefault(place(where), chosen)
        if earlier == OBJECT != chosen:
            self.found[place(where)] = chosen
        return self.found[place(where)]


def _is_table(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "iloc") and hasattr(value, "index")


def live_answer(function: Callable[..., Any], sample: Mapping[str, Any], fixed: Mapping[str, Any]) -> Any:
    """Return the function's answer; whatever the function raises, it raises.

    It gets a copy of the sample, by parameter name; ``fixed`` are the arguments that are the notebook's own objects.
    """
    own = {**{name: copy.deepcopy(value) for name, value in sample.items()}, **fixed}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return _call(function, own)


def _call(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    placed, named = [], dict(arguments)
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return function(*arguments.values())
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if "data" in named and not any(parameter.kind in by_position for parameter in parameters.values()):
        placed.append(named.pop("data"))  # the one value of a function(*args)
    for name, parameter in parameters.items():
        if name not in named or parameter.kind not in by_position:
            break
        placed.append(named.pop(name))
    answer = function(*placed, **named)
    if inspect.isawaitable(answer):
        return _awaited(answer)
    return list(answer) if inspect.isgenerator(answer) else answer


def _awaited(answer: Any) -> Any:
    """Wait on a loop of its own: the notebook's is running already."""
    outcome: list[Any] = []

    async def wait() -> Any:
        return await answer

    def work() -> None:
        try:
            outcome.extend([True, asyncio.run(wait())])
        except BaseException as error:  # noqa: BLE001 - carried to the caller's thread, whatever it is
            outcome.extend([False, error])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if not outcome[0]:
        raise outcome[1]
    return outcome[1]
