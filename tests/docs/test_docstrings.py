"""Public docstrings describe every parameter, and only those there are."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

import aibro_jupyter
from aibro_jupyter.client.use import Remote
from aibro_jupyter.inference import Inference
from aibro_jupyter.job import Job

DESCRIBED: list[Callable[..., Any]] = [
    aibro_jupyter.capture,
    aibro_jupyter.deploy,
    aibro_jupyter.predict,
    aibro_jupyter.simulate,
    aibro_jupyter.use,
    Job,
    *(method for name, method in vars(Job).items() if inspect.isfunction(method) and not name.startswith("_")),
    Job.__call__,
    Remote.__call__,
    *(getattr(Inference, name) for name, one in vars(Inference).items() if isinstance(one, staticmethod)),
]
_UNITS = ("second", "dollar", "utc")


def _section(docstring: str, name: str) -> str:
    found = re.search(rf"^{name}:\n((?:    .*\n|\n)+)", docstring + "\n", re.MULTILINE)
    return found[1] if found else ""


def _described(function: Callable[..., Any]) -> dict[str, str]:
    parts = re.split(r"^    (\*{0,2}\w+): ", _section(inspect.getdoc(function) or "", "Args"), flags=re.MULTILINE)[1:]
    return {name.lstrip("*"): meaning for name, meaning in zip(parts[::2], parts[1::2], strict=True)}


@pytest.mark.parametrize("function", DESCRIBED, ids=lambda function: function.__qualname__)
def test_every_parameter_is_described(function: Callable[..., Any]) -> None:
    parameters = [name for name in inspect.signature(function).parameters if name != "self"]
    assert list(_described(function)) == parameters


@pytest.mark.parametrize("function", DESCRIBED, ids=lambda function: function.__qualname__)
def test_a_parameter_with_a_unit_in_its_name_says_it(function: Callable[..., Any]) -> None:
    for name, meaning in _described(function).items():
        if name.endswith(("_s", "_at")) or name in ("until", "prices"):
            assert any(unit in meaning.lower() for unit in _UNITS), name


@pytest.mark.parametrize("function", DESCRIBED, ids=lambda function: function.__qualname__)
def test_it_says_first_what_it_does(function: Callable[..., Any]) -> None:
    first = (inspect.getdoc(function) or "").partition("\n")[0]
    assert first.endswith(".")
    assert len(first) > 20
