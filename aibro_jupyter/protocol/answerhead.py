"""The head of an agent's answer in its one fixed form: written by the agent, read by the gateway with one pattern.

The order never varies, so that a reader needs no parser: status line, length, type, the model's own time where a model
was asked, then whatever else there is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

_STATUS = {status.value: b"%d %s" % (status.value, status.phrase.encode()) for status in HTTPStatus}

ANSWER_HEAD = re.compile(
    rb"HTTP/1\.1 (?P<status>[1-5][0-9][0-9]) [^\r\n]*\r\n"
    rb"Content-Length: (?P<length>[0-9]{1,15})\r\n"
    rb"Content-Type: (?P<content_type>[!-~](?:[ -~]*[!-~])?)\r\n"
    rb"(?:Server-Timing: model;dur=(?P<model_ms>[0-9]+\.[0-9]{3})\r\n)?"
    rb"(?P<fields>(?:[!-9;-~]+: [^\r\n]*\r\n)*)"
    rb"\r\n"
)
"""Matches a whole head from its first byte; ``model_ms`` is None where no model was asked, ``fields`` may be empty."""
CONTENT_TYPE = re.compile(rb"[!-~](?:[ -~]{0,998}[!-~])?")
"""What a content type may be (``fullmatch``): one that a model chose must not break out of its line."""


def answer_head(
    status: int,
    length: int,
    content_type: bytes,
    model_ms: float | None = None,
    fields: Mapping[str, str] | None = None,
) -> bytes:
    """Return the head of an answer, its empty line included.

    ``length`` is that of the body in bytes, ``model_ms`` the model's own time in milliseconds, ``fields`` are further
    header fields of ours. ``content_type`` must be a ``CONTENT_TYPE``: it is not looked at here.
    """
    line = _STATUS.get(status) or b"%d Answer" % status
    timing = b"" if model_ms is None else b"Server-Timing: model;dur=%.3f\r\n" % model_ms
    more = (
        "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode("latin-1", "replace")
        if fields
        else b""
    )
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nContent-Type: %s\r\n%s%s\r\n" % (
        line, length, content_type, timing, more
    )  # fmt: skip
