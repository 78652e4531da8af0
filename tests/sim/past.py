"""Seeds that once failed, and why; they are played before all others."""

from __future__ import annotations

PAST: tuple[int, ...] = (
    # An instance that came and went between two looks, or while control was down, was never billed.
    *(0, 48, 128, 132, 143, 161, 175, 184, 212, 232, 237, 253, 256, 257, 563, 625, 642, 677),
    # A launch that took effect late was swept away as a leak, and its time was not billed.
    *(27, 153, 182, 209),
    # A stale look at a run that was billed to its end opened a second bill.
    118,
    # Runs of a millisecond.
    *(1599, 1799, 1871),
)
