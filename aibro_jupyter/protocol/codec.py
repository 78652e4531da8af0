"""How a message becomes JSON and back."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from aibro_jupyter.errors import BadRequest

PROTOCOL = 1
"""Raised when a message changes so that an older side would misunderstand it."""

T = TypeVar("T")


def encode(message: Any) -> bytes:
    """Return a message as JSON."""
    return msgspec.json.encode(message)


def decode(data: bytes | str, kind: type[T]) -> T:
    """Return the message of that kind; JSON that does not fit it raises ``BadRequest`` naming the field."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"not a {kind.__name__}: {error}") from error
    except RecursionError as error:
        raise BadRequest(f"not a {kind.__name__}: it is nested too deep") from error
