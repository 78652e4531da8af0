"""PyTorch modules: the structure without weights, and the weights in a file of tensors alone."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from aibro_jupyter.capturing.values.savers.saver import CannotSaveError, Saved, Saver, derives_from, shown
from aibro_jupyter.capturing.values.savers.torchremade import is_own, remakes

_AS_PICKLE = "its structure is kept as a pickle without weights, for the PyTorch version that is pinned beside it"
_WRAPPERS = {"DataParallel": "module", "DistributedDataParallel": "module", "OptimizedModule": "_orig_mod"}


class TorchModuleSaver(Saver):
    """A module, or a tuple of modules that share parts; its class is the notebook's or a package's."""

    by_itself = True

    def handles(self, value: Any) -> bool:
        """Tell whether it is a ``torch.nn.Module``."""
        return "torch" in sys.modules and derives_from(value, "torch", "Module")

    def inside(self, value: Any) -> list[Any] | None:
        """Look through wrappers; a module itself shows its classes and hooks to pickle."""
        return [bare] if (bare := _unwrapped(value)) is not value else None

    def as_served(self, value: Any) -> Callable[[], None]:
        """Switch to evaluation; buffers are put back afterwards."""
        return evaluating(value)

    def may_be_remade(self, value: Any) -> bool:
        """Tell whether it is of the notebook's own class: its call says the structure better than a pickle."""
        return is_own(type(value))

    def remade(self, value: Any, call: str, saved: Saved) -> Saved:
        """Leave out the structure where the call makes it."""
        if not remakes(call, value):
            return saved
        structure, *weights = saved.files
        structure.unlink()
        _, _, *lines = saved.load.split("\n")
        return replace(
            saved,
            files=tuple(weights),
            load="\n".join(["{name} = {made}", *lines]),
            imports=tuple(one for one in saved.imports if one != "import pickle"),
            code=(type(value).__name__,),
            warnings=tuple(one for one in saved.warnings if one != _AS_PICKLE),
        )

    def save(self, value: Any, stem: Path) -> Saved:
        """Write structure and weights, all on the CPU."""
        torch = sys.modules["torch"]
        modules = [_unwrapped(module) for module in (value if isinstance(value, tuple) else [value])]
        together = modules[0] if not isinstance(value, tuple) else torch.nn.ModuleList(modules)
        state = together.state_dict(keep_vars=True)
        if any(type(tensor).__name__.startswith("Uninitialized") for tensor in state.values()):
            raise CannotSaveError("it has lazy layers that have not seen data yet", "call it once on some data")
        structure = stem.with_name(f"{stem.name}_structure.pkl")
        with structure.open("wb") as file:
            _hollow(file, state).dump(tuple(modules) if isinstance(value, tuple) else modules[0])
        weights, load, imports = _save_weights(state, stem)
        target = "torch.nn.ModuleList([{name}])" if isinstance(value, tuple) else "{name}"
        lines = [f'with open("{shown(structure)}", "rb") as file:', "    {name} = pickle.load(file)"]
        lines.append(load.format(target=target))
        if any(tensor.is_cuda for tensor in state.values() if hasattr(tensor, "is_cuda")):
            lines.append(f'{target}.to("cuda" if torch.cuda.is_available() else "cpu")')
        lines.append(f"{target}.eval()")
        return Saved(
            files=(structure, weights), load="\n".join(lines), imports=("import pickle", "import torch", *imports),
            warnings=tuple(_notes(value if isinstance(value, tuple) else (value,))),
        )  # fmt: skip


def evaluating(*modules: Any) -> Callable[[], None]:
    """Switch modules to evaluation and return how to give them back mode and buffers as they were."""
    parts = [part for module in modules for part in module.modules()]
    modes = [(part, part.training) for part in parts]
    buffers = [(buffer, buffer.detach().clone()) for module in modules for buffer in module.buffers()]
    for part in parts:
        part.training = False

    def undo() -> None:
        for part, mode in modes:
            part.training = mode
        with sys.modules["torch"].no_grad():
            for buffer, before in buffers:
                if not sys.modules["torch"].equal(buffer, before):
                    buffer.copy_(before)

    return undo


def _unwrapped(value: Any) -> Any:
    while (inner := _WRAPPERS.get(type(value).__name__)) and derives_from(value, "torch", type(value).__name__):
        value = getattr(value, inner)
    return value


def _notes(values: tuple[Any, ...]) -> list[str]:
    notes = [_AS_PICKLE]
    if any(value.training for value in values):
        notes.append("it is in training mode here; the repo serves it in evaluation mode")
    if any(_unwrapped(value) is not value for value in values):
        notes.append("it serves without the wrapper that it has here")
    hooked = ("_forward_hooks", "_forward_pre_hooks")
    if any(getattr(part, kind, None) for value in values for part in value.modules() for kind in hooked):
        notes.append("the hooks that are registered on it go with it")
    return notes


@dataclass(frozen=True, kw_only=True)
class _Room:
    """Stands for a tensor that the file of weights fills."""

    shape: tuple[int, ...]
    dtype: Any


def _hollow(file: IO[bytes], state: dict[str, Any]) -> pickle.Pickler:
    """Return a pickler that leaves out the values of the state's tensors; one that occurs twice stays one."""
    torch = sys.modules["torch"]
    emptied = {id(tensor) for tensor in state.values()}

    class Hollow(pickle.Pickler):
        def reducer_override(self, value: Any) -> Any:
            if isinstance(value, _Room):
                return functools.partial(torch.empty, dtype=value.dtype), (value.shape,)
            if not isinstance(value, torch.Tensor):
                return NotImplemented
            if id(value) not in emptied:
                return value.detach().cpu().__reduce_ex__(5) if value.is_cuda else NotImplemented
            room = _Room(shape=tuple(value.shape), dtype=value.dtype)
            if isinstance(value, torch.nn.Parameter):
                return torch.nn.Parameter, (room, value.requires_grad)
            return torch.Tensor.requires_grad_, (room, value.requires_grad)

    return Hollow(file, protocol=5)


def _save_weights(state: dict[str, Any], stem: Path) -> tuple[Path, str, tuple[str, ...]]:
    """Return the file, the line that fills ``{target}`` from it, and the imports of that line."""
    once: dict[int, str] = {}
    for name, tensor in state.items():
        once.setdefault(id(tensor), name)
    if importlib.util.find_spec("safetensors") and all(hasattr(one, "untyped_storage") for one in state.values()):
        path = stem.with_name(f"{stem.name}.safetensors")
        tensors = {name: state[name].detach().cpu().contiguous() for name in once.values()}
        try:
            importlib.import_module("safetensors.torch").save_file(_apart(tensors), path)
        except (RuntimeError, ValueError, KeyError):
            path.unlink(missing_ok=True)  # a layout that the format has no word for
        else:
            load = f'safetensors.torch.load_model({{target}}, "{shown(path)}")'
            return path, load, ("import safetensors.torch",)
    path = stem.with_name(f"{stem.name}.pt")
    kept = {name: one.detach().cpu() if hasattr(one, "detach") else one for name, one in state.items()}
    sys.modules["torch"].save(kept, path)
    return path, f'{{target}}.load_state_dict(torch.load("{shown(path)}", weights_only=True))', ()


def _apart(tensors: dict[str, Any]) -> dict[str, Any]:
    """Copy tensors that share memory: the structure has them apart, so the file must too."""
    seen: set[int] = set()
    found = {}
    for name, tensor in tensors.items():
        place = tensor.untyped_storage().data_ptr()
        found[name] = tensor.clone() if place in seen else tensor
        seen.add(place)
    return found
