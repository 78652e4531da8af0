"""The messages between a slot and its host: a fixed head, a content type, a body; rare ones have JSON as their body.

A host asks with ``ASK`` heads: body length, number, length of the content type, what is asked. A slot tells with
``TOLD`` heads: the same, what is told, and how long the model took, in microseconds. An answer has the number of its
question.
"""

from __future__ import annotations

import json
import struct
from typing import Any, NamedTuple

from .faults import BAD_INPUT, BAD_RESULT, MODEL_ERROR, BadFrame

ASK = struct.Struct("!QIHB")
TOLD = struct.Struct("!QIHBQ")

PREDICT, OWN_DATA, TELL = range(3)
"""What a host asks: the answer to a body, that to data/ as the repo has it, what a proved model has used so far."""
ANSWER, READY, FAILED, USED = 0, 1, 2, 3
"""What a slot tells: an answer, that it is loaded, that it could not be loaded, what a proved model has used so far."""
FAULTS = {4: BAD_INPUT, 5: BAD_RESULT, 6: MODEL_ERROR}
"""What it tells instead of an answer."""
FAULT_NUMBERS = {name: number for number, name in FAULTS.items()}
NUMBERS = 2**32
"""A number begins anew here."""
_KINDS = 7


class Frame(NamedTuple):
    """One message."""

    kind: int
    number: int
    content_type: bytes
    body: bytes
    took_us: int
    more: tuple[bytes, ...] = ()
    """What follows ``body`` of a large one, in pieces as they came: who passes it on need not put it together."""

    @property
    def whole(self) -> bytes:
        """The body in one piece."""
        return b"".join((self.body, *self.more)) if self.more else self.body

    def story(self) -> dict[str, Any]:
        """Return the JSON object that the body of a rare message is."""
        try:
            told = json.loads(self.whole)
        except ValueError as error:
            raise BadFrame(f"the body is not JSON: {error}") from error
        if not isinstance(told, dict):
            raise BadFrame(f"the body is not an object but {type(told).__name__}")
        return told


def head_of_question(kind: int, number: int, content_type: bytes, body: bytes) -> bytes:
    """Return what a host writes before the body."""
    return ASK.pack(len(body), number, len(content_type), kind) + content_type


def head_of_told(kind: int, number: int, content_type: bytes, body: bytes, took_us: int) -> bytes:
    """Return what a slot writes before the body."""
    return TOLD.pack(len(body), number, len(content_type), kind, took_us) + content_type


class FrameReader:
    """Cuts a byte stream back into messages, however the stream was chopped up; a large body comes in pieces."""

    def __init__(self, head: struct.Struct) -> None:
        self._head = head
        self._rest = b""
        self._parts: list[bytes] = []
        self._missing = 0
        self._begun = Frame(0, 0, b"", b"", 0)

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes and return every message they complete; what is no frame raises ``BadFrame``."""
        found: list[Frame] = []
        if self._missing:
            part = data[: self._missing]
            self._parts.append(part)
            self._missing -= len(part)
            if self._missing:
                return found
            found.append(self._begun._replace(more=tuple(self._parts)))
            self._parts = []
            data = data[len(part) :]
        elif self._rest:
            data = self._rest + data
        at, size, head = 0, len(data), self._head
        while size - at >= head.size:
            length, number, type_length, kind, *took = head.unpack_from(data, at)
            if kind >= _KINDS:
                raise BadFrame(f"{kind} is no kind of message")
            type_at = at + head.size
            body_at = type_at + type_length
            if size < body_at:
                break
            at = body_at + length
            frame = Frame(kind, number, data[type_at:body_at], data[body_at:at], took[0] if took else 0)
            if at > size:
                self._begun, self._parts, self._missing = frame, [], at - size
                break
            found.append(frame)
        self._rest = data[at:]
        return found
