"""CatBoost models in its own format: labels, feature names and categories are in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, Unsuitable, derives_from, module_root, shown


class CatBoostSaver(Saver):
    """CatBoostClassifier, CatBoostRegressor, CatBoostRanker, CatBoost."""

    def handles(self, value: Any) -> bool:
        """Tell whether it is one of CatBoost's own."""
        return module_root(value) == "catboost" and derives_from(value, "catboost", "CatBoost")

    def inside(self, value: Any) -> list[Any] | None:
        """The file holds no Python."""
        return [] if value.is_fitted() else None

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it as ``.cbm``."""
        if not value.is_fitted():
            raise Unsuitable
        path = stem.with_name(f"{stem.name}.cbm")
        value.save_model(str(path))
        load = f'{{name}} = catboost.{type(value).__name__}()\n{{name}}.load_model("{shown(path)}")'
        own = [key for key in ("loss_function", "eval_metric") if not _plain(value.get_params().get(key))]
        warnings = [f"its own {key} is for training and stays behind; predictions do not need it" for key in own]
        return Saved(files=(path,), load=load, imports=("import catboost",), warnings=tuple(warnings))


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str | dict)
