"""What every refused call answers, of control, a gateway and an agent alike."""

from __future__ import annotations

from typing import Any

import msgspec

from aibro_jupyter.errors import AibroError, error_for


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error: its code, what happened, what to do about it. What is empty is left out."""

    code: str
    message: str
    fix: str = ""
    details: str = ""
    sample: Any = None
    """Of a body that does not fit a model: one that does."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to a refused call: ``{"error": {"code", "message", …}, "request_id"}``."""

    error: ErrorBody
    request_id: str = ""
    """Of a request to a model: what its log knows it by."""

    @staticmethod
    def of(error: AibroError, *, request_id: str = "", sample: Any = None) -> Refusal:
        """Return an error as its message."""
        body = ErrorBody(code=error.code, message=error.message, fix=error.fix, details=error.details, sample=sample)
        return Refusal(error=body, request_id=request_id)

    def fact(self) -> AibroError:
        """Return the error that the message tells of; an unknown code gives a plain ``AibroError``."""
        told = self.error
        return error_for(told.code, told.message, fix=told.fix, details=told.details)
