"""Keras models and layers on any backend, in Keras' own archive, without what only training needs."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

from aibro_jupyter.capturing.values.savers.kerasarchive import (
    bytecode_layers,
    custom_names,
    leave_out_optimizer,
    normalised,
)
from aibro_jupyter.capturing.values.savers.saver import CannotSaveError, Saved, Saver, derives_from, shown
from aibro_jupyter.capturing.values.values import literal

_LAMBDA_FIX = "write it as a layer class, or accept it: keras.config.enable_unsafe_deserialization()"
_TRAINING = frozenset({"loss", "metrics", "optimizer", "_loss", "_metrics", "_optimizer"})
_BACKENDS = frozenset({"tensorflow", "torch", "jax"})


class KerasSaver(Saver):
    """A model, or a layer by itself, such as a text vectorizer with its vocabulary."""

    by_itself = True

    def handles(self, value: Any) -> bool:
        """Tell whether it is a Keras layer; models are layers too."""
        return "keras" in sys.modules and derives_from(value, "keras", "Layer")

    def inside(self, value: Any) -> list[Any]:
        """Return the classes and functions of its layers: Keras writes down their names."""
        return [part for layer in _layers(value) for part in _code_of(layer)]

    def as_served(self, value: Any) -> Callable[[], None] | None:
        """Keep the state of stateful layers: predicting moves it on."""
        states = [(one, one.numpy()) for layer in _layers(value) for one in _states(layer)]

        def undo() -> None:
            for state, before in states:
                state.assign(before)

        return undo if states else None

    def wants_constructor(self, value: Any) -> bool:
        """Tell whether it is a model whose class cannot say how it was made: only its weights are in a file then."""
        if not derives_from(value, "keras", "Model") or derives_from(value, "keras", "Functional"):
            return False
        own_words = {"get_config", "from_config"} & {name for kind in _own_kinds(value) for name in vars(kind)}
        return type(value).__module__.partition(".")[0] != "keras" and not own_words

    def save(self, value: Any, stem: Path) -> Saved:
        """Write the archive and make it the same for the same model: no dates, no optimizer."""
        keras = sys.modules["keras"]
        if self.wants_constructor(value):
            return _weights_only(keras, value, stem)
        is_model = derives_from(value, "keras", "Model")
        path = stem.with_name(f"{stem.name}.keras")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Keras says what a layer by itself cannot have
                (value if is_model else keras.Sequential([value])).save(path)
        except NotImplementedError as error:
            reason = f"Keras cannot write down how it was made: {str(error).strip().splitlines()[0]}"
            raise CannotSaveError(reason, "give its class a get_config() that returns the arguments") from error
        config = normalised(path)
        custom = dict(sorted(custom_names(config)))
        options = ["compile=False"]
        if custom:
            options.append("custom_objects={" + ", ".join(f'"{key}": {name}' for key, name in custom.items()) + "}")
        if bytecode := sorted(bytecode_layers(config)):
            _check_trusted(bytecode[0])
            options.append("safe_mode=False")
        load = f'{{name}} = keras.models.load_model("{shown(path)}", {", ".join(options)})'
        return Saved(
            files=(path,), load=load if is_model else f"{load}.layers[0]", imports=("import keras",),
            modules=_engine(keras), code=tuple(dict.fromkeys(custom.values())),
        )  # fmt: skip


def _weights_only(keras: Any, value: Any, stem: Path) -> Saved:
    if not value.built:
        raise CannotSaveError("it has no weights yet", "call it once on some data")
    path = stem.with_name(f"{stem.name}.weights.h5")
    value.save_weights(path)
    leave_out_optimizer(path)
    shapes = literal(_open(value.get_build_config()))
    build = f"{{name}}.build_from_config({shapes.text})\n{{name}}.built = True\n" if shapes is not None else ""
    return Saved(
        files=(path,), load=f'{{name}} = {{made}}\n{build}{{name}}.load_weights("{shown(path)}")',
        imports=("import keras",), modules=_engine(keras), code=(type(value).__name__,),
    )  # fmt: skip


def _open(config: Any) -> Any:
    """Return a build configuration as plain values, with the first axis of every shape left open."""
    if isinstance(config, dict):
        return {key: _open(part) for key, part in config.items()}
    if isinstance(config, list | tuple) and config and all(isinstance(size, int | None) for size in config):
        return (None, *config[1:])
    return [_open(part) for part in config] if isinstance(config, list | tuple) else config


def _engine(keras: Any) -> tuple[str, ...]:
    backend = keras.backend.backend()
    return (backend,) if backend in _BACKENDS else ()


def _own_kinds(value: Any) -> list[type]:
    return [kind for kind in type(value).__mro__ if kind.__module__.partition(".")[0] not in ("keras", "builtins")]


def _layers(value: Any) -> list[Any]:
    return [value, *(layer for layer in value._flatten_layers() if layer is not value)]


def _code_of(layer: Any) -> Iterator[Any]:
    yield type(layer)
    for name, held in vars(layer).items():
        if name in _TRAINING or name.startswith("_compile"):
            continue
        if isinstance(held, FunctionType):
            yield held
        elif hasattr(held, "get_config") and not derives_from(held, "keras", "Layer"):
            yield type(held)  # an initializer, regularizer or constraint


def _check_trusted(layer: str) -> None:
    if importlib.import_module("keras.src.saving.serialization_lib").in_safe_mode() is not False:
        reason = f"its layer {layer} holds a lambda whose source is not in the notebook"
        raise CannotSaveError(reason, _LAMBDA_FIX)


def _states(layer: Any) -> list[Any]:
    if not getattr(layer, "stateful", False):
        return []
    found = getattr(layer, "states", None) or []
    flat = [one for each in found for one in (each if isinstance(each, list | tuple) else [each])]
    return [one for one in flat if hasattr(one, "assign")]
