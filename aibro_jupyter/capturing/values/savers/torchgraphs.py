"""PyTorch programs that carry their own code: scripted and traced modules, exported programs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, derives_from, shown
from aibro_jupyter.capturing.values.savers.torch import evaluating


class TorchGraphSaver(Saver):
    """A ``ScriptModule``, scripted function or ``ExportedProgram``, in one file without any of the notebook's code."""

    by_itself = True

    def handles(self, value: Any) -> bool:
        """Tell whether it is one of them."""
        kinds = ("ScriptModule", "ScriptFunction", "ExportedProgram")
        return "torch" in sys.modules and any(derives_from(value, "torch", kind) for kind in kinds)

    def inside(self, value: Any) -> list[Any]:  # noqa: ARG002 - the contract's parameter
        """The code is in the file."""
        return []

    def as_served(self, value: Any) -> Callable[[], None] | None:
        """Switch a module to evaluation."""
        return evaluating(value) if derives_from(value, "torch", "ScriptModule") else None

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it in PyTorch's own format."""
        torch = sys.modules["torch"]
        if derives_from(value, "torch", "ExportedProgram"):
            path = stem.with_name(f"{stem.name}.pt2")
            torch.export.save(value, path)
            return Saved(files=(path,), load=f'{{name}} = torch.export.load("{shown(path)}")', imports=_IMPORTS)
        path = stem.with_name(f"{stem.name}.pt")
        torch.jit.save(value, str(path))
        module = derives_from(value, "torch", "ScriptModule")
        load = f'{{name}} = torch.jit.load("{shown(path)}", map_location="cpu")' + ("\n{name}.eval()" if module else "")
        return Saved(files=(path,), load=load, imports=("import torch",))


_IMPORTS = ("import torch", "import torch.export")
