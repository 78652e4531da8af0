"""scikit-learn estimators, pipelines and what follows their ways, with joblib."""

from __future__ import annotations

import importlib
import pickle
import sys
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, module_root, shown

_FAMILY = frozenset({"sklearn", "imblearn", "lightgbm", "xgboost", "catboost", "category_encoders", "sklearn_pandas"})
_DEPTH = 8
"""How deep it looks into containers, which may hold themselves."""
_MAP_BYTES = 2**20
"""Chosen: what is smaller loads at once, and packs well."""
_ROWS_KEPT = ("_fit_X", "X_train_")
"""Attributes under which nearest neighbours and Gaussian processes keep the rows they were fitted on."""


class EstimatorSaver(Saver):
    """Anything of scikit-learn's family, also in a list, dict or tuple, and notebook classes derived from it."""

    def handles(self, value: Any) -> bool:
        """Tell whether scikit-learn made it, so that joblib is there to load it."""
        return self._handles(value, _DEPTH)

    def _handles(self, value: Any, depth: int) -> bool:
        if isinstance(value, list | tuple | dict):
            parts = value.values() if isinstance(value, dict) else value
            return len(value) <= 1000 and depth > 0 and any(self._handles(part, depth - 1) for part in parts)
        roots = {kind.__module__.partition(".")[0] for kind in type(value).__mro__}
        return "sklearn" in sys.modules and (module_root(value) in _FAMILY or "sklearn" in roots)

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it compressed; with large arrays inside uncompressed, so that they are read only as needed."""
        path = stem.with_name(f"{stem.name}.joblib")
        mapped = _largest_buffer(value) > _MAP_BYTES
        importlib.import_module("joblib").dump(value, path, compress=0 if mapped else 3)
        load = f'{{name}} = joblib.load("{shown(path)}"{", mmap_mode=" + chr(34) + "r" + chr(34) if mapped else ""})'
        return Saved(files=(path,), load=load, imports=("import joblib",), warnings=tuple(_rows_kept(value)))


def _largest_buffer(value: Any) -> int:
    sizes = [0]
    measured = pickle.Pickler(_Nowhere(), protocol=5, buffer_callback=lambda one: sizes.append(one.raw().nbytes))
    measured.dump(value)
    return max(sizes)


class _Nowhere:
    def write(self, data: Any) -> int:
        return len(data)


def _rows_kept(value: Any) -> list[str]:
    parts = [value, *getattr(value, "named_steps", {}).values()]
    for part in parts:
        for attribute in _ROWS_KEPT:
            shape = getattr(vars(part).get(attribute) if hasattr(part, "__dict__") else None, "shape", (0,))
            if shape[0] > 1000:
                return [f"{type(part).__name__} holds all {shape[0]} rows it was fitted on, and they go with it"]
    return []
