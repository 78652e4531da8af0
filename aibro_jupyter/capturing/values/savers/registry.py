"""Which saver takes a value: those of installed packages first, then ours, from the special to the general."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aibro_jupyter.capturing.values.savers.arrays import ArraySaver, ArraysSaver, MappedSaver, SparseSaver
from aibro_jupyter.capturing.values.savers.catboost import CatBoostSaver
from aibro_jupyter.capturing.values.savers.containers import ContainerSaver
from aibro_jupyter.capturing.values.savers.estimators import EstimatorSaver
from aibro_jupyter.capturing.values.savers.frames import FrameSaver, PickledFrameSaver
from aibro_jupyter.capturing.values.savers.jsontexts import JsonSaver
from aibro_jupyter.capturing.values.savers.keras import KerasSaver
from aibro_jupyter.capturing.values.savers.lightgbm import LightGBMSaver
from aibro_jupyter.capturing.values.savers.objects import ObjectSaver
from aibro_jupyter.capturing.values.savers.onnx import OnnxSaver, OnnxSessionSaver
from aibro_jupyter.capturing.values.savers.polars import PolarsSaver
from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, Unsuitable
from aibro_jupyter.capturing.values.savers.skorch import SkorchSaver
from aibro_jupyter.capturing.values.savers.spacy import SpacySaver
from aibro_jupyter.capturing.values.savers.statsmodels import StatsmodelsSaver
from aibro_jupyter.capturing.values.savers.tensorflow import TensorFlowSaver
from aibro_jupyter.capturing.values.savers.torch import TorchModuleSaver
from aibro_jupyter.capturing.values.savers.torchgraphs import TorchGraphSaver
from aibro_jupyter.capturing.values.savers.torchtensors import TorchTensorSaver
from aibro_jupyter.capturing.values.savers.transformers import PipelineSaver, TransformersSaver
from aibro_jupyter.capturing.values.savers.xgboost import BoosterSaver, XGBoostSaver

GROUP = "aibro_jupyter.savers"
_LAST = (JsonSaver(), EstimatorSaver(), ObjectSaver())


@cache
def savers() -> tuple[Saver, ...]:
    """Return every special saver in the order they are asked."""
    others = [found.load()() for found in sorted(entry_points(group=GROUP), key=lambda one: one.name)]
    frameworks = (
        *(TransformersSaver(), PipelineSaver(), KerasSaver(), TensorFlowSaver(), TorchGraphSaver(), TorchModuleSaver()),
        *(TorchTensorSaver(), SpacySaver(), OnnxSaver(), OnnxSessionSaver(), SkorchSaver(), StatsmodelsSaver()),
        *(CatBoostSaver(), BoosterSaver(), XGBoostSaver(), LightGBMSaver(), PolarsSaver()),
    )
    plain = (ArraySaver(), MappedSaver(), ArraysSaver(), SparseSaver(), FrameSaver(), PickledFrameSaver())
    return (*others, *frameworks, *plain)


def save(value: Any, stem: Path, known: Mapping[int, str] = MappingProxyType({})) -> Saved:
    """Write a value with the first saver that handles it and does not find it unsuitable; others' errors pass.

    ``known`` has the ids of values that were saved already, under their names.
    """
    containers = ContainerSaver(save_part=save, alone=stands_alone, known=known)
    for saver in (*savers(), containers, *_LAST):
        if saver.handles(value):
            try:
                return saver.save(value, stem)
            except Unsuitable:
                continue
    raise AssertionError("the last saver takes every value")


def stands_alone(value: Any) -> bool:
    """Tell whether a value keeps its own format inside a container too."""
    return (saver := _saver(value)) is not None and saver.by_itself


def inside(value: Any) -> list[Any] | None:
    """Return what may refer to the notebook's code where pickle would not show it; None when pickle shows all."""
    return saver.inside(value) if (saver := _saver(value)) else None


def names(value: Any) -> list[str]:
    """Return the names that a value looks up in the module that loads it."""
    return saver.names(value) if (saver := _saver(value)) else []


def wants_constructor(value: Any) -> bool:
    """Tell whether loading a value repeats the notebook's call that made it, or may."""
    saver = _saver(value)
    return saver is not None and (saver.wants_constructor(value) or saver.may_be_remade(value))


def remade(value: Any, call: str, saved: Saved) -> Saved:
    """Return how to load what was saved, by the call that made it where its saver finds that as good."""
    saver = _saver(value)
    return saver.remade(value, call, saved) if saver is not None and saver.may_be_remade(value) else saved


def as_served(value: Any) -> Callable[[], None] | None:
    """Put a value into the state in which it will serve and return how to undo it; None when nothing is to be done."""
    return saver.as_served(value) if (saver := _saver(value)) else None


def _saver(value: Any) -> Saver | None:
    """Return the special saver of a value; None for Python's own types, which are asked about by the thousand."""
    if type(value).__module__ in ("builtins", "types", "collections", "numpy"):
        return None
    return next((saver for saver in savers() if saver.handles(value)), None)
