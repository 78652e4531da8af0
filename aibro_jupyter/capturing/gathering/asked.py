"""What a capture was asked for: a function of a notebook, and what its proof is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aibro_jupyter.capturing.gathering.target import Target
from aibro_jupyter.capturing.session.notebook import Notebook
from aibro_jupyter.errors import CaptureError


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A function to capture, and what it gets beyond nothing."""

    target: Target
    notebook: Notebook
    name: str
    """The API's."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Environment variables by name, never written anywhere."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Relative paths beside the notebook that come along unread, with who asked for them."""
    network: bool = False
    """Whether the proof may reach it."""
    large: bool = False
    """Whether values may have any size."""

    def model(self) -> dict[str, Any]:
        """Return what a hand-written run() gets as its model: the global of that name, or the notebook's load_model().

        Raises ``CaptureError`` where there is neither.
        """
        for name in ("model", "load_model"):
            if name in self.notebook.namespace:
                return {name: self.notebook.namespace[name]}
        raise CaptureError(
            "cannot deploy 'run': there is neither a variable 'model' nor a function load_model() in the notebook",
            fix="name the model 'model', or deploy a function that uses the variable under its own name",
        )
