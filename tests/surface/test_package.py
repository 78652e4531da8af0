"""Importing the package costs nothing, and all it promises is there."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import aibro_jupyter


def test_importing_it_loads_nothing_of_weight() -> None:
    script = "import sys, aibro_jupyter; print(sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    heavy = [
        name
        for name in ("IPython", "ipywidgets", "aiohttp", "msgspec", "packaging", "requests", "tornado")
        if f"'{name}'" in loaded
    ]
    assert heavy == []


@pytest.mark.parametrize("name", aibro_jupyter.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(aibro_jupyter, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        _ = aibro_jupyter.nothing


def test_what_holds_for_all_rooms_but_one_names_every_other_room() -> None:
    settings = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    contracts = {one["name"].partition(":")[0]: one for one in settings["tool"]["importlinter"]["contracts"]}
    rooms = {f"aibro_jupyter.{one.name}" for one in pkgutil.iter_modules(aibro_jupyter.__path__)}
    alone = contracts["slot imports modelio alone"]["forbidden_modules"]
    heavy = contracts["each heavy library lives in one room"]["source_modules"]
    assert rooms - set(alone) == {"aibro_jupyter.slot", "aibro_jupyter.modelio"}
    assert rooms - set(heavy) == {"aibro_jupyter.jupyter"}
