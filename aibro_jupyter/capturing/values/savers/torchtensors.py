"""PyTorch tensors, alone or in plain containers such as a state_dict."""

from __future__ import annotations

import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, derives_from, shown


class TorchTensorSaver(Saver):
    """A tensor, or a dict, list or tuple of nothing but tensors."""

    by_itself = True

    def handles(self, value: Any) -> bool:
        """Tell whether tensors are all there is in it."""
        return "torch" in sys.modules and _tensors_only(value, 3)

    def inside(self, value: Any) -> list[Any]:  # noqa: ARG002 - the contract's parameter
        """Numbers hold no code."""
        return []

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it on the CPU; it is read back as data, never as code."""
        path = stem.with_name(f"{stem.name}.pt")
        sys.modules["torch"].save(_on_cpu(value), path)
        place = ', map_location="cuda" if torch.cuda.is_available() else "cpu"' if _any_cuda(value) else ""
        load = f'{{name}} = torch.load("{shown(path)}", weights_only=True{place})'
        return Saved(files=(path,), load=load, imports=("import torch",))


def _tensors_only(value: Any, depth: int) -> bool:
    if type(value) in (dict, OrderedDict):
        keyed = all(isinstance(key, str | int) for key in value)
        return keyed and bool(value) and depth > 0 and all(_tensors_only(one, depth - 1) for one in value.values())
    if type(value) in (list, tuple):
        return bool(value) and depth > 0 and all(_tensors_only(one, depth - 1) for one in value)
    return derives_from(value, "torch", "Tensor")


def _on_cpu(value: Any) -> Any:
    if isinstance(value, dict):
        return type(value)((key, _on_cpu(one)) for key, one in value.items())
    if isinstance(value, list | tuple):
        return type(value)(_on_cpu(one) for one in value)
    moved = value.detach().cpu()
    own_memory = moved.clone() if moved.untyped_storage().nbytes() > moved.nbytes else moved
    if derives_from(value, "torch", "Parameter"):
        return sys.modules["torch"].nn.Parameter(own_memory, requires_grad=value.requires_grad)
    return own_memory.clone().requires_grad_() if value.requires_grad else own_memory


def _any_cuda(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_any_cuda, value.values()))
    return any(map(_any_cuda, value)) if isinstance(value, list | tuple) else bool(value.is_cuda)
