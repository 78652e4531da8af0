"""Hugging Face models, tokenizers, processors and pipelines as folders that load without a network."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.saver import (
    CannotSaveError,
    Saved,
    Saver,
    derives_from,
    files_below,
    module_root,
    shown,
)
from aibro_jupyter.capturing.values.savers.torch import evaluating


class TransformersSaver(Saver):
    """Whatever of transformers has ``save_pretrained`` and ``from_pretrained``."""

    by_itself = True

    def handles(self, value: Any) -> bool:
        """Tell whether it is one of transformers' own, or of a model's own code from the hub."""
        mine = module_root(value) in ("transformers", "transformers_modules")
        return mine and hasattr(value, "save_pretrained") and hasattr(type(value), "from_pretrained")

    def inside(self, value: Any) -> list[Any]:  # noqa: ARG002 - the contract's parameter
        """Its code is a package's."""
        return []

    def as_served(self, value: Any) -> Callable[[], None] | None:
        """Switch a model to evaluation."""
        return evaluating(value) if derives_from(value, "torch", "Module") else None

    def save(self, value: Any, stem: Path) -> Saved:
        """Write the folder."""
        _refuse_remote_code(value)
        folder = stem.with_name(stem.name)
        with _unchanged(value):
            value.save_pretrained(folder)
        model = derives_from(value, "torch", "Module")
        dtype = _dtype(value) if model else ""
        arguments = f'"{shown(folder)}", local_files_only=True{dtype}'
        load = f"{{name}} = transformers.{type(value).__name__}.from_pretrained({arguments})"
        notes = (
            ["it is in training mode here; the repo serves it in evaluation mode"] if model and value.training else []
        )
        return Saved(
            files=files_below(folder), load=load, imports=("import transformers",), modules=("torch",) if model else (),
            warnings=tuple(notes),
        )  # fmt: skip


class PipelineSaver(Saver):
    """A pipeline: its task, model and tokenizer in one folder."""

    by_itself = True

    def handles(self, value: Any) -> bool:
        """Tell whether it is a transformers pipeline."""
        return module_root(value) == "transformers" and derives_from(value, "transformers", "Pipeline")

    def inside(self, value: Any) -> list[Any]:  # noqa: ARG002 - the contract's parameter
        """Its code is a package's."""
        return []

    def as_served(self, value: Any) -> Callable[[], None]:
        """Switch its model to evaluation."""
        return evaluating(value.model)

    def save(self, value: Any, stem: Path) -> Saved:
        """Write the parts that it has."""
        _refuse_remote_code(value.model)
        folder = stem.with_name(stem.name)
        parts = ["model", "tokenizer", "feature_extractor", "image_processor", "processor"]
        present = [part for part in parts if getattr(value, part, None) is not None]
        for part in present:
            with _unchanged(getattr(value, part)):
                getattr(value, part).save_pretrained(folder)
        sources = ", ".join(f'{part}="{shown(folder)}"' for part in present)
        load = f'{{name}} = transformers.pipeline("{value.task}", {sources}{_dtype(value.model)})'
        return Saved(files=files_below(folder), load=load, imports=("import transformers",), modules=("torch",))


def _dtype(model: Any) -> str:
    torch = sys.modules.get("torch")
    kind = getattr(model, "dtype", None)
    return "" if torch is None or kind in (None, torch.float32) else f", dtype={str(kind)!r}".replace("torch.", "")


def _refuse_remote_code(value: Any) -> None:
    if module_root(value) == "transformers_modules":
        fix = "put its modeling file beside the notebook and import the class from there"
        raise CannotSaveError("its code was fetched from the hub with trust_remote_code", fix)


@contextmanager
def _unchanged(value: Any) -> Iterator[None]:
    """Put back what saving notes down in the configuration."""
    config = getattr(value, "config", None)
    before = copy.copy(vars(config)) if config is not None else {}
    try:
        yield
    finally:
        if config is not None:
            vars(config).clear()
            vars(config).update(before)
