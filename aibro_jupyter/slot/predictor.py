"""The user's predict.py: imported from its repo, checked, loaded, asked."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from types import CoroutineType, ModuleType
from typing import Any

from ..modelio import entry
from ..modelio.bodies import content_type_for
from ..modelio.faults import BadInput, BadManifest
from ..modelio.inputs import decoded
from ..modelio.manifest import Manifest, input_of, labelled_of, read
from ..modelio.payload import Posted, posted, value_of
from ..modelio.values import encoded, media_type
from .data import Data
from .faults import BadModel
from .mistakes import another_kind, missing_file


class Predictor:
    """One model in this process; its methods are called one after the other, on one thread."""

    def __init__(self, repo: str) -> None:
        self._data = Data(repo)
        self._names = self._data.names()
        said = _manifest(repo)
        self._input, self._labelled = input_of(said), labelled_of(said)
        self._loop: Any = None
        self._model: Any = None
        self._run: Callable[..., Any] = _nothing
        self._takes_data = False
        self._module: ModuleType | None = None
        self._repo = repo
        self.media_type = "application/json"
        """Of the last answer."""

    def import_module(self) -> None:
        """Import predict.py with the repo as the first place to look, as ``python predict.py`` there would."""
        sys.path.insert(0, self._repo)
        sys.argv = [os.path.join(self._repo, "predict.py")]
        self._module = importlib.import_module("predict")
        load_model, self._run = _function(self._module, "load_model"), _function(self._module, "run")
        _check_load_model(load_model)
        self._takes_data = takes_data(self._run)

    def load(self) -> None:
        """Let the user's load_model() make the model."""
        self._model = self._finished(_function(self._module, "load_model")())

    def answer(self, body: bytes, content_type: str | None) -> bytes:
        """Return the answer to a posted body, as JSON; a body that does not fit raises ``BadInput`` with the sample."""
        try:
            if self._input is not None:
                value = decoded(body, content_type, self._input)
                return self._judged(value, dict.fromkeys(self._names, value) if isinstance(value, bytes) else {})
            post = posted(body, content_type, self._names)
            if self._takes_data:
                return self._judged(value_of(post), post.files)
            with self._data.replaced(post.files):
                return self._judged(None, post.files)
        except BadInput as fault:
            fault.sample = self._data.sample()
            raise

    def _judged(self, value: Any, sent: Mapping[str, bytes]) -> bytes:
        """Return the answer; where the model fails for what the caller has sent, that is ``BadInput``."""
        try:
            return self._asked_with(value)
        except BadInput:
            raise
        except Exception as error:
            told = None if self._takes_data else missing_file(error, self._data.folder, sent)
            told = told or another_kind(self._data.files(), sent)
            if told is None:
                raise
            raise told from error

    def answer_own_data(self) -> bytes:
        """Return the answer to data/ as the repo has it; ``BadInput`` where a captured function has no sample there."""
        files = self._data.files() if self._takes_data else {}
        if not files and self._input is not None and self._input["parameters"]:
            raise BadInput("data/ holds no sample to answer: capture with a sample of one call")
        if not files:
            return self._asked_with(None)
        if self._input is None:
            return self._asked_with(value_of(Posted(files=files, folder=len(files) > 1)))
        if len(files) != 1:
            raise BadInput(f"data/ holds {len(files)} files, and the sample is one")
        (sample,) = files.values()
        return self._asked_with(decoded(sample, content_type_for(self._input), self._input))

    def _asked_with(self, value: Any) -> bytes:
        arguments = (self._model, value) if self._takes_data else (self._model,)
        value = self._finished(self._run(*arguments))
        self.media_type = media_type(value, self._labelled)
        return encoded(value, labelled=self._labelled)

    def _finished(self, value: Any) -> Any:
        """Return what an ``async def`` comes to; anything else as it is."""
        if not isinstance(value, CoroutineType):
            return value
        if self._loop is None:
            # Most models never need it, and it takes as long to import as all the rest of the slot.
            self._loop = importlib.import_module("asyncio").new_event_loop()
        return self._loop.run_until_complete(value)


def takes_data(run: Callable[..., Any]) -> bool:
    """Return whether it is ``run(model, data)``; one that cannot be called raises ``BadModel``."""
    try:
        parameters = list(inspect.signature(run).parameters.values())
    except (TypeError, ValueError):
        return False
    placed = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    told = entry.takes_data(
        [p.name for p in placed],
        sum(p.default is p.empty for p in placed),
        by_name=any(p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in parameters),
        any_number=any(p.kind is p.VAR_POSITIONAL for p in parameters),
    )
    if told is None:
        raise BadModel(f"run{inspect.signature(run)} {entry.RUNS}")
    return told


def _check_load_model(load_model: Callable[..., Any]) -> None:
    try:
        parameters = inspect.signature(load_model).parameters.values()
    except (TypeError, ValueError):
        return
    if any(p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
        raise BadModel(f"load_model{inspect.signature(load_model)} {entry.LOADS}")


def _function(module: ModuleType | None, name: str) -> Callable[..., Any]:
    found = getattr(module, name, None)
    if not callable(found):
        raise BadModel(f"predict.py has no function {name}")
    return found  # type: ignore[no-any-return]


def _manifest(repo: str) -> Manifest | None:
    """Return what a captured repo says of itself; a hand-written one says nothing."""
    try:
        return read(repo)
    except BadManifest as error:
        raise BadModel(str(error)) from error


def _nothing(*_arguments: Any) -> None:
    raise BadModel("predict.py is not imported yet")
