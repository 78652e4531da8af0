"""Anything else that Python can pickle."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.savers.saver import Saved, shown


class ObjectSaver:
    """The last resort; it takes every value."""

    def handles(self, value: Any) -> bool:  # noqa: ARG002 - the contract's parameter
        """Take any value."""
        return True

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it with pickle."""
        path = stem.with_name(f"{stem.name}.pkl")
        with path.open("wb") as file:
            pickle.dump(value, file, protocol=5)
        load = f'with open("{shown(path)}", "rb") as file:\n    {{name}} = pickle.load(file)'
        return Saved(files=(path,), load=load, imports=("import pickle",))
