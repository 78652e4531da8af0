"""Keras' archive: a zip of configuration and weights, made the same for the same model."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from aibro_jupyter.capturing.values.rehome import HOME

_WEIGHTS = "model.weights.h5"
_CHUNK = 2**20
"""Bytes in memory at a time."""


def normalised(path: Path) -> Any:
    """Rewrite the archive without dates and training state; return its configuration."""
    weights, made = path.with_suffix(".weights.h5"), path.with_suffix(".made")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(made, "w") as out:
        config = json.loads(archive.read("config.json"))
        config.pop("compile_config", None)
        metadata = json.loads(archive.read("metadata.json")) | {"date_saved": ""}
        texts = {"config.json": json.dumps(config), "metadata.json": json.dumps(metadata)}
        for name in archive.namelist():
            if name in texts:
                out.writestr(zipfile.ZipInfo(name), texts[name])
                continue
            with archive.open(name) as part:
                if name != _WEIGHTS:
                    _add(out, name, part, archive.getinfo(name).file_size)
                    continue
                with weights.open("wb") as file:
                    shutil.copyfileobj(part, file, _CHUNK)
            leave_out_optimizer(weights)
            with weights.open("rb") as file:
                _add(out, name, file, weights.stat().st_size)
            weights.unlink()
    made.replace(path)
    return config


def _add(archive: zipfile.ZipFile, name: str, content: IO[bytes], size: int) -> None:
    entry = zipfile.ZipInfo(name)
    entry.file_size = size
    with archive.open(entry, "w") as out:
        shutil.copyfileobj(content, out, _CHUNK)


def leave_out_optimizer(path: Path) -> None:
    """Write a file of weights anew, without the optimizer's."""
    h5py = sys.modules["h5py"]
    slim = path.with_suffix(".slim")
    with h5py.File(path) as whole, h5py.File(slim, "w") as kept:
        for key, told in whole.attrs.items():
            kept.attrs[key] = told
        for key in whole:
            if key != "optimizer":
                whole.copy(key, kept)
    slim.replace(path)


def custom_names(config: Any) -> Iterator[tuple[str, str]]:
    """Yield (registered name, name in notebook_code) of the notebook's own classes and functions in a config."""
    if isinstance(config, list):
        for part in config:
            yield from custom_names(part)
    if isinstance(config, dict):
        if config.get("module") == HOME or _is_function(config):
            name = config["config"] if config.get("class_name") == "function" else config["class_name"]
            if isinstance(name, str) and name.isidentifier():
                registered = config.get("registered_name")
                yield name if registered in (None, "function") else str(registered), name
        for part in config.values():
            yield from custom_names(part)


def _is_function(config: dict[str, Any]) -> bool:
    is_function = config.get("class_name") == "function" and isinstance(config.get("config"), str)
    return is_function and hasattr(sys.modules[HOME], config["config"])


def bytecode_layers(config: Any) -> Iterator[str]:
    """Yield the names of the layers that Keras could write down as bytecode only: lambdas whose text nobody has."""
    if isinstance(config, list):
        for part in config:
            yield from bytecode_layers(part)
    if isinstance(config, dict):
        held = config.get("config")
        if isinstance(held, dict) and "__lambda__" in str(held.get("function", "")):
            yield str(held.get("name", ""))
        for part in config.values():
            yield from bytecode_layers(part)
