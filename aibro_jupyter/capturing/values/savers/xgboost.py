"""XGBoost models in its own binary format, wrappers with the parameters they were made with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, Unsuitable, derives_from, module_root, shown
from aibro_jupyter.capturing.values.values import literal


class BoosterSaver(Saver):
    """A Booster; feature names and the best iteration are in the file."""

    def handles(self, value: Any) -> bool:
        """Tell whether it is XGBoost's own Booster."""
        return module_root(value) == "xgboost" and type(value).__name__ == "Booster"

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it as ``.ubj``."""
        path = stem.with_name(f"{stem.name}.ubj")
        value.save_model(path)
        load = f'{{name}} = xgboost.Booster(model_file="{shown(path)}")'
        return Saved(files=(path,), load=load, imports=("import xgboost",))


class XGBoostSaver(Saver):
    """XGBClassifier, XGBRegressor, XGBRanker and their kin."""

    def handles(self, value: Any) -> bool:
        """Tell whether it is one of XGBoost's own wrappers."""
        return module_root(value) == "xgboost" and derives_from(value, "xgboost", "XGBModel")

    def save(self, value: Any, stem: Path) -> Saved:
        """Write the trees, and the parameters as Python; without trees, or with parameters that are code, it is not.

        Only what differs from the class's defaults is written.
        """
        usual = type(value)().get_params()
        chosen = {}
        for key, one in value.get_params().items():
            if one is usual.get(key) or one != one or _equal(one, usual.get(key)):
                continue
            written = literal(one)
            if written is None or written.imports:
                raise Unsuitable
            chosen[key] = written.text
        if not value.__sklearn_is_fitted__():
            raise Unsuitable
        path = stem.with_name(f"{stem.name}.ubj")
        value.save_model(path)
        arguments = ", ".join(f"{key}={text}" for key, text in sorted(chosen.items()))
        load = f'{{name}} = xgboost.{type(value).__name__}({arguments})\n{{name}}.load_model("{shown(path)}")'
        return Saved(
            files=(path,), load=load, imports=("import xgboost",), modules=tuple({"sklearn"} & set(sys.modules))
        )


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and isinstance(one, str | int | float | bool) and one == other
