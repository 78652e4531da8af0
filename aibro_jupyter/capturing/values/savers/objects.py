"""Anything else that Python can pickle."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

from aibro_jupyter import pythons
from aibro_jupyter.capturing.values.rehome import HOME
from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, derives_from, shown


class ObjectSaver(Saver):
    """The last resort; it takes every value."""

    def handles(self, value: Any) -> bool:  # noqa: ARG002 - the contract's parameter
        """Take any value."""
        return True

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it with pickle, and say so."""
        path = stem.with_name(f"{stem.name}.pkl")
        with path.open("wb") as file:
            _AsServed(file, protocol=5).dump(value)
        load = f'with open("{shown(path)}", "rb") as file:\n    {{name}} = pickle.load(file)'
        kind = type(value)
        what = kind.__qualname__ if kind.__module__ in ("builtins", HOME) else f"{kind.__module__}.{kind.__name__}"
        told = f"a {what} is kept as a pickle, which only Python {pythons.OURS} and the "
        warning = f"{told}same package versions are sure to read"
        return Saved(files=(path,), load=load, imports=("import pickle",), warnings=(warning,))


class _AsServed(pickle.Pickler):
    """Writes the PyTorch modules inside an object as they serve: in evaluation mode, on the CPU."""

    def reducer_override(self, value: Any) -> Any:
        if "torch" not in sys.modules or isinstance(value, type):
            return NotImplemented
        if derives_from(value, "torch", "Tensor"):
            return value.detach().cpu().__reduce_ex__(5) if value.is_cuda else NotImplemented
        if not derives_from(value, "torch", "Module") or not getattr(value, "training", False):
            return NotImplemented
        made, arguments, state, *rest = value.__reduce_ex__(5)
        return (made, arguments, {**state, "training": False}, *rest) if isinstance(state, dict) else NotImplemented
