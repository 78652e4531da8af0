"""statsmodels results with pickle; those of a formula look up its names where they are loaded."""

from __future__ import annotations

import ast
import pickle
import re
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, module_root, shown

_NAME = re.compile(r"[A-Za-z_]\w*")


class StatsmodelsSaver(Saver):
    """Results of a fit, and models."""

    def handles(self, value: Any) -> bool:
        """Tell whether statsmodels made it."""
        return module_root(value) == "statsmodels" and hasattr(value, "predict")

    def names(self, value: Any) -> list[str]:
        """Return what the formula calls: loading builds the design again, in the frame that loads.

        What is a column of the model's own frame is looked up there, whatever the notebook has by that name.
        """
        model = getattr(value, "model", value)
        formula = getattr(model, "formula", None)
        if not isinstance(formula, str):
            return []
        columns = {str(name) for name in _columns(model)}
        return [name for name in _names_in(formula) if name not in columns]

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it with pickle."""
        path = stem.with_name(f"{stem.name}.pkl")
        with path.open("wb") as file:
            pickle.dump(value, file, protocol=5)
        load = f'with open("{shown(path)}", "rb") as file:\n    {{name}} = pickle.load(file)'
        warnings = ["statsmodels keeps it as a pickle, for the version that is pinned beside it"]
        rows = len(getattr(getattr(value, "model", value), "endog", ()))
        if rows:
            warnings.append(f"it holds the {rows} rows it was fitted on, and they go with it")
        return Saved(files=(path,), load=load, imports=("import pickle",), warnings=tuple(warnings))


def _columns(model: Any) -> list[Any]:
    """Return the columns of the data that a model was fitted on; its variables where that is gone."""
    frame = getattr(getattr(model, "data", None), "frame", None)
    if frame is not None:
        return list(getattr(frame, "columns", ()))
    endog = getattr(model, "endog_names", None)
    return [*(endog if isinstance(endog, list) else [endog]), *(getattr(model, "exog_names", None) or ())]


def _names_in(formula: str) -> list[str]:
    """Return every name of a formula, columns of its data among them."""
    right = formula.partition("~")[2] or formula
    try:
        found = [node.id for node in ast.walk(ast.parse(right.strip(), mode="eval")) if isinstance(node, ast.Name)]
    except SyntaxError:
        found = _NAME.findall(formula)
    return list(dict.fromkeys([*found, *_NAME.findall(formula.partition("~")[0])]))
