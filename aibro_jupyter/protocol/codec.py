"""How a message becomes JSON and back; a refused call answers with an error as its message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from aibro_jupyter.errors import AibroError, BadRequest, error_for

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


@dataclass(frozen=True, kw_only=True)
class ErrorBody:
    """What every refused call answers."""

    code: str
    message: str
    fix: str = ""
    details: str = ""

    @staticmethod
    def of(error: AibroError) -> ErrorBody:
        """Return an error as its message."""
        return ErrorBody(code=error.code, message=error.message, fix=error.fix, details=error.details)

    def error(self) -> AibroError:
        """Return the message as the error it tells of."""
        return error_for(self.code, self.message, fix=self.fix, details=self.details)
