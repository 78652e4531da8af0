"""A table's columns in a few parts: what was written is read back and compared without a second table in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_PARTS = 16
"""Chosen: so many parts of a large table cost little time, and each little memory."""
_LARGE_BYTES = 32 * 2**20
"""Chosen: a smaller table is compared whole."""


def in_parts(names: Sequence[str], size: int) -> Iterator[list[str]]:
    """Yield the names of the columns of a table of so many bytes, those of a part at a time."""
    width = -(-len(names) // _PARTS) if size > _LARGE_BYTES else len(names)
    for start in range(0, len(names), width or 1):
        yield list(names[start : start + width])
