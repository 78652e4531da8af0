"""Names that exist in a notebook only, and what stands for them in a repo."""

from __future__ import annotations

from dataclasses import dataclass
from types import FunctionType
from typing import Any

from aibro_jupyter.capturing.session.names import Uses
from aibro_jupyter.capturing.session.source import Segment


@dataclass(frozen=True, kw_only=True)
class KernelOnly:
    """What a name is in a notebook, and what to write in its place."""

    meaning: str
    instead: str


_SHELL = KernelOnly(
    meaning="the notebook's shell, which !commands and %magics call too",
    instead="take !commands, %magics and get_ipython() out of the function",
)
_SOURCES = KernelOnly(
    meaning="the text of cells that ran",
    instead="keep the text that it needs in a variable of your own, set in a cell, and read that",
)
_ANSWERS = KernelOnly(
    meaning="what earlier cells answered",
    instead="keep the answer that it needs in a variable of your own, set in a cell, and read that",
)
_FOLDERS = KernelOnly(
    meaning="the folders that the notebook was in",
    instead="keep the path that it needs in a variable of your own, set in a cell, and read that",
)
_END = KernelOnly(meaning="what ends the kernel", instead="raise an error or return in its place")
KERNEL_ONLY = {
    "get_ipython": _SHELL,
    **dict.fromkeys(("In", "_ih", "_i", "_ii", "_iii"), _SOURCES),
    **dict.fromkeys(("Out", "_oh", "_", "__", "___"), _ANSWERS),
    "_dh": _FOLDERS,
    **dict.fromkeys(("exit", "quit"), _END),
}
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
