"""scikit-learn estimators, pipelines and what follows their ways, with joblib."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.savers.saver import Saved, module_root, shown

_FAMILY = frozenset({"sklearn", "imblearn", "lightgbm", "xgboost", "catboost", "category_encoders", "sklearn_pandas"})


class EstimatorSaver:
    """Anything of scikit-learn's family, also in a list, dict or tuple, and notebook classes derived from it."""

    def handles(self, value: Any) -> bool:
        """Tell whether scikit-learn made it, so that joblib is there to load it."""
        if isinstance(value, list | tuple | dict) and len(value) <= 1000:
            parts = value.values() if isinstance(value, dict) else value
            return any(self.handles(part) for part in parts)
        roots = {kind.__module__.partition(".")[0] for kind in type(value).__mro__}
        return "sklearn" in sys.modules and (module_root(value) in _FAMILY or "sklearn" in roots)

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it compressed."""
        path = stem.with_name(f"{stem.name}.joblib")
        importlib.import_module("joblib").dump(value, path, compress=3)
        load = f'{{name}} = joblib.load("{shown(path)}")'
        return Saved(files=(path,), load=load, imports=("import joblib",))
