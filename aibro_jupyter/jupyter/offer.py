"""What a kernel has to deploy, told to the sidebar when it asks: its functions, and values to prove them with."""

from __future__ import annotations

import inspect
from typing import Any

from IPython import get_ipython

from aibro_jupyter.jupyter.completion import functions

MOST = 50
"""Chosen: a longer list is not chosen from."""
_SAMPLES = frozenset({"DataFrame", "Series", "ndarray", "list"})


class Offer:
    """JSON to the front end, an ordinary text to everybody else."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told

    def __repr__(self) -> str:
        return f"<Offer of {len(self.told['functions'])} functions>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"application/json": self.told, "text/plain": repr(self)}


def offer(names: dict[str, Any]) -> Offer:
    """Return the functions that the notebook defined, last one first, and expressions that could be a sample."""
    shell = get_ipython()
    return Offer(
        {
            "functions": [
                {"name": name, "signature": _signature(names[name])} for name in reversed(functions(names)[-MOST:])
            ],
            "samples": [
                f"{name}[:5]"
                for name, value in names.items()
                if type(value).__name__ in _SAMPLES and not name.startswith("_") and name not in ("In", "Out")
            ][:MOST],
            "loaded": shell is not None and "aibro" in shell.magics_manager.magics["line"],
        }
    )


def _signature(function: Any) -> str:
    try:
        return str(inspect.signature(function))[:80]
    except (TypeError, ValueError):
        return "(…)"
