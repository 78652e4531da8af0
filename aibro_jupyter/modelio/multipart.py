"""The parts of a multipart/form-data body (RFC 7578), as ``curl -F`` and browsers write it."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesHeaderParser
from typing import NamedTuple

from .faults import BadInput

_MOST_PARTS = 1000
_LONGEST_HEADERS = 16 * 1024
"""Chosen, both: a form has a few fields, and a part's headers are three short lines."""


class Part(NamedTuple):
    """One field of a form; ``filename`` is None where it is no file."""

    name: str
    filename: str | None
    content: bytes


def boundary_of(content_type: str | None) -> bytes | None:
    """Return the boundary of a multipart content type; None for any other."""
    if content_type is None or not content_type.lower().lstrip().startswith("multipart/form-data"):
        return None
    header = Message()
    header["Content-Type"] = content_type.strip()
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= 200:
        raise BadInput("the Content-Type says multipart/form-data without a boundary", status=400)
    return boundary.encode("utf-8", "surrogateescape")


def parts_of(body: bytes, boundary: bytes) -> list[Part]:
    """Return a form's parts in their order; a body that is cut off is refused."""
    mark = b"\r\n--" + boundary
    # The first mark may stand at the very start, without the line break before it.
    at = 0 if body.startswith(mark[2:]) else body.find(mark) + 2
    if at == 1:
        raise BadInput("the form does not hold its own boundary", status=400)
    at += len(mark) - 2
    parts: list[Part] = []
    while body[at : at + 2] != b"--":
        start = body.find(b"\r\n", at) + 2
        end = body.find(mark, start - 2)
        if start == 1 or end < 0:
            raise BadInput("the form is cut off", status=400)
        parts.append(_part(body, start, end))
        if len(parts) > _MOST_PARTS:
            raise BadInput(f"the form has more than {_MOST_PARTS} parts", status=400)
        at = end + len(mark)
    return parts


def _part(body: bytes, start: int, end: int) -> Part:
    stop = body.find(b"\r\n\r\n", start, min(end, start + _LONGEST_HEADERS))
    if stop < 0:
        raise BadInput("a part of the form has no headers", status=400)
    headers = BytesHeaderParser().parsebytes(body[start:stop] + b"\r\n\r\n")
    name = headers.get_param("name", header="content-disposition")
    filename = headers.get_filename()
    return Part(name if isinstance(name, str) else "", filename, body[stop + 4 : end])
