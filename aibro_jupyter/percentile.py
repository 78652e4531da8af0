"""Percentiles, in the one way that all rooms count them."""

from __future__ import annotations

import math
from collections.abc import Collection


def nearest_rank(values: Collection[float], share: float) -> float:
    """Return the smallest of the values that this share of them (0 to 1) does not exceed; there must be one."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
