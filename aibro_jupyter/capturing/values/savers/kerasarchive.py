"""Keras' archive: a zip of configuration and weights, made the same for the same model."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.rehome import HOME


def normalised(path: Path) -> Any:
    """Rewrite the archive without dates and training state; return its configuration."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    config.pop("compile_config", None)
    parts["config.json"] = json.dumps(config).encode()
    parts["metadata.json"] = json.dumps(json.loads(parts["metadata.json"]) | {"date_saved": ""}).encode()
    weights = path.with_suffix(".weights.h5")
    weights.write_bytes(parts["model.weights.h5"])
    parts["model.weights.h5"] = without_optimizer(weights)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return config


def without_optimizer(path: Path) -> bytes:
    """Return a file of weights without the optimizer's; the file itself is removed."""
    h5py = sys.modules["h5py"]
    slim = path.with_suffix(".slim")
    with h5py.File(path) as whole, h5py.File(slim, "w") as kept:
        for key, told in whole.attrs.items():
            kept.attrs[key] = told
        for key in whole:
            if key != "optimizer":
                whole.copy(key, kept)
    data = slim.read_bytes()
    path.unlink()
    slim.unlink()
    return data


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
