"""Names that exist in a notebook only, and what stands for them in a repo."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from aibro_jupyter.capturing.session.names import Uses
from aibro_jupyter.capturing.session.source import Segment

KERNEL_ONLY = frozenset(
    {"get_ipython", "In", "Out", "_", "__", "___", "_i", "_ii", "_oh", "_ih", "_dh", "exit", "quit"}
)
MODULE_OWN = frozenset(
    {"__name__", "__doc__", "__annotations__", "__builtins__", "__file__", "__spec__", "__qualname__", "__module__"}
)


def injected(value: Any) -> bool:
    """Tell whether IPython put it there."""
    home = value.__globals__.get("__name__") if isinstance(value, FunctionType) else getattr(value, "__module__", "")
    return str(home).partition(".")[0] in ("IPython", "ipykernel")


def display() -> Segment:
    """Return the function that takes the place of the notebook's ``display``."""
    text = "def display(*objects, **options):\n    print(*objects)"
    return Segment(text=text, binds="display", cell="in place of the notebook's display()", order=(0, 0), uses=Uses())
