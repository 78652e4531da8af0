"""LightGBM boosters as text; its scikit-learn wrappers keep their labels only in joblib's hands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, module_root, shown


class LightGBMSaver(Saver):
    """A Booster up to its best iteration; categories of pandas columns are in the file."""

    def handles(self, value: Any) -> bool:
        """Tell whether it is LightGBM's own Booster."""
        return module_root(value) == "lightgbm" and type(value).__name__ == "Booster"

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it as ``.txt``."""
        path = stem.with_name(f"{stem.name}.txt")
        best = value.best_iteration
        value.save_model(path, num_iteration=best if best and best > 0 else -1)
        load = f'{{name}} = lightgbm.Booster(model_file="{shown(path)}")'
        return Saved(files=(path,), load=load, imports=("import lightgbm",))
