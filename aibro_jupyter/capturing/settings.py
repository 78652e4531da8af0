"""Settings of libraries that change answers and live nowhere in the model: written out, as the notebook has them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

_SKLEARN_DEFAULTS = {"transform_output": "default", "enable_metadata_routing": False, "assume_finite": False}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One call that sets what the notebook had set, and the import it needs."""

    needs: str
    call: str


def settings_of(roots: Iterable[str]) -> list[Setting]:
    """Return the settings, other than the defaults, of those libraries among these top-level modules that we know."""
    sklearn = sys.modules.get("sklearn") if "sklearn" in set(roots) else None
    if sklearn is None:
        return []
    current = sklearn.get_config()
    changed = {key: current[key] for key, usual in _SKLEARN_DEFAULTS.items() if current.get(key, usual) != usual}
    arguments = ", ".join(f"{key}={value!r}" for key, value in changed.items())
    call = f"sklearn.set_config({arguments})  # as set in the notebook"
    return [Setting(needs="import sklearn", call=call)] if changed else []
