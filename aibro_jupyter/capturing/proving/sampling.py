"""The samples that a repo is proved with: those given, else the function's last call in the session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aibro_jupyter.capturing.gathering.asked import Asked
from aibro_jupyter.capturing.gathering.history import last_call
from aibro_jupyter.capturing.proving.inputs import Inputs, inputs_of


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """What a client sends, and where its samples come from."""

    inputs: Inputs
    warnings: tuple[str, ...] = ()


def sampled(asked: Asked, sample: Any, samples: Sequence[Any] | None, free: Sequence[str] = ()) -> Sampled:
    """Return what a client sends, by the samples given, else by the function's last call in the session.

    ``free`` are the dimensions of arrays that may have any size.
    """
    target, namespace = asked.target, asked.notebook.namespace
    given = list(samples) if samples is not None else [] if sample is None else [sample]
    if given or (called := last_call(asked.notebook, target.label)) is None:
        return Sampled(inputs=inputs_of(target, namespace, given, free))
    placed, named, cell = called
    by_name = {**dict(zip(target.parameters, placed, strict=False)), **named}
    if len(target.parameters) > 1:
        unbound = {key: value for key, value in by_name.items() if namespace.get(key) is not value}
        given = [unbound or by_name]
    elif by_name:
        given = [next(iter(by_name.values()))]
    told = f"sample: taken from the last call of {target.label} in {cell}"
    return Sampled(inputs=inputs_of(target, namespace, given, free), warnings=(told,))
