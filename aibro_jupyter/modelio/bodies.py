"""What proof and client post for a value: text as text, bytes as they are, anything else as JSON."""

from __future__ import annotations

from typing import Any, NamedTuple

from .faults import BadValue
from .manifest import sole_of
from .values import encoded

_KINDS = {
    "text": ("text/plain; charset=utf-8", "data.txt"),
    "bytes": ("application/octet-stream", "data.bin"),
    "json": ("application/json", "data.json"),
}
MEDIA_TYPES = {".json": "application/json", ".txt": "text/plain; charset=utf-8", ".csv": "text/csv"}
"""Of the texts a repo's data/ may hold, by suffix."""


class Body(NamedTuple):
    """A body ready to be posted."""

    content: bytes
    content_type: str


def kind_of(value: Any) -> str:
    """Return how a value is posted: text, bytes or json."""
    if isinstance(value, str):
        return "text"
    return "bytes" if isinstance(value, (bytes, bytearray, memoryview)) else "json"


def content_type_of(kind: str) -> str:
    """Return the media type of a parameter's kind as aibro.json has it; a table is JSON."""
    return _KINDS.get(kind, _KINDS["json"])[0]


def file_name_of(kind: str) -> str:
    """Return the name in data/ of a sample of that kind."""
    return _KINDS.get(kind, _KINDS["json"])[1]


def body_of(value: Any, where: str = "data") -> Body:
    """Return what to post for a value; one that no body can carry raises ``BadValue`` with where it is."""
    kind = kind_of(value)
    content = bytes(value) if kind == "bytes" else _utf8(value, where) if kind == "text" else None
    return Body(encoded(value, where, question=True) if content is None else content, content_type_of(kind))


def _utf8(value: str, where: str) -> bytes:
    try:
        return str.__str__(value).encode()
    except UnicodeEncodeError as error:
        raise BadValue(f"{where} is text with half a character at {error.start}, which UTF-8 cannot hold") from error


def content_type_for(said: dict[str, Any]) -> str:
    """Return the media type of a body for the ``input`` of an aibro.json."""
    return content_type_of(kind_for(said))


def kind_for(said: dict[str, Any]) -> str:
    """Return how a body is posted for the ``input`` of an aibro.json: the kind of its one parameter, else json."""
    sole = sole_of(said)
    return "json" if sole is None else str(sole["kind"])
