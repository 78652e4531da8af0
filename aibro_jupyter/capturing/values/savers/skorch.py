"""skorch nets with pickle, as skorch means it: they load on a machine without the GPU they were trained on."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, derives_from, shown


class SkorchSaver(Saver):
    """NeuralNet, NeuralNetClassifier and their kin, also as derived in the notebook."""

    def handles(self, value: Any) -> bool:
        """Tell whether it is a skorch net."""
        return "skorch" in sys.modules and derives_from(value, "skorch", "NeuralNet")

    def inside(self, value: Any) -> list[Any]:
        """Return all it holds: skorch pickles the parts that may lie on a GPU into bytes of their own."""
        return [type(value), *vars(value).values()]

    def as_served(self, value: Any) -> Callable[[], None]:
        """Have prediction's switch to evaluation undone."""
        modules = [part for part in vars(value).values() if derives_from(part, "torch", "Module")]
        modes = [(part, part.training) for module in modules for part in module.modules()]

        def undo() -> None:
            for part, mode in modes:
                part.training = mode

        return undo

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it with pickle."""
        path = stem.with_name(f"{stem.name}.pkl")
        with path.open("wb") as file:
            pickle.dump(value, file, protocol=5)
        load = f'with open("{shown(path)}", "rb") as file:\n    {{name}} = pickle.load(file)'
        warning = "skorch keeps it as a pickle, for the versions of skorch and PyTorch that are pinned beside it"
        modules = ("torch", "sklearn", "skorch")
        return Saved(files=(path,), load=load, imports=("import pickle",), modules=modules, warnings=(warning,))
