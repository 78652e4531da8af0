"""Where two answers differ: what a proof finds, and whoever else compares what a model says twice."""

from __future__ import annotations

import json
import math
from typing import Any

RELATIVE = 1e-6
"""Of two floats, as they come from other processors, orders of summation and numbers of threads."""
ABSOLUTE = 1e-9
"""Near nothing a relative error says nothing."""


def differences(expected: Any, got: Any, where: str = "answer") -> list[str]:
    """Return where two decoded JSON values differ, one line a place; floats may differ by rounding, NaN equals NaN."""
    if isinstance(expected, dict) and isinstance(got, dict) and expected.keys() == got.keys():
        return [line for key in expected for line in differences(expected[key], got[key], f"{where}[{key!r}]")]
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        pairs = enumerate(zip(expected, got))  # noqa: B905 - strict= is younger than some models' Pythons
        return [line for at, (one, other) in pairs for line in differences(one, other, f"{where}[{at}]")]
    if _is_number(expected) and _is_number(got):
        alike = _close(expected, got)
    else:
        alike = type(expected) is type(got) and expected == got
    return [] if alike else [f"{where}: {_short(got)} instead of {_short(expected)}"]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _close(one: float, other: float) -> bool:
    if one != one or other != other:
        return one != one and other != other
    return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
