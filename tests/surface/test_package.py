"""Importing the package costs nothing, and all it promises is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

import aibro_jupyter


def test_importing_it_loads_nothing_of_weight() -> None:
    script = "import sys, aibro_jupyter; print(sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    heavy = [
        name for name in ("IPython", "ipywidgets", "aiohttp", "msgspec", "requests", "tornado") if f"'{name}'" in loaded
    ]
    assert heavy == []


@pytest.mark.parametrize("name", aibro_jupyter.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(aibro_jupyter, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        _ = aibro_jupyter.nothing
