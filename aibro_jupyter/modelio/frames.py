"""The messages between a slot and its host: 4 bytes of length, a JSON header, then ``body_len`` raw bytes."""

from __future__ import annotations

import json
from typing import Any

from .faults import BadFrame

HEADER_LIMIT = 16 * 2**20
"""Longest header in bytes: a traceback fits, a stream that is no frame at all is noticed."""

Header = dict[str, Any]


def frame(header: Header, body: bytes = b"") -> bytes:
    """Return one message ready to be written."""
    return head(header, body) + body


def head(header: Header, body: bytes) -> bytes:
    """Return what stands before the body of a message; ``body_len`` is set here."""
    text = json.dumps({**header, "body_len": len(body)}).encode()
    return len(text).to_bytes(4, "big") + text


class FrameReader:
    """Cuts a byte stream back into messages, however the stream was chopped up."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._header: Header | None = None

    def feed(self, data: bytes) -> list[tuple[Header, bytes]]:
        """Take the next bytes and return every message they complete; what is no frame raises ``BadFrame``."""
        self._buffer += data
        found: list[tuple[Header, bytes]] = []
        while True:
            if self._header is None:
                self._header = self._next_header()
            if self._header is None or len(self._buffer) < self._header["body_len"]:
                return found
            found.append((self._header, self._take(self._header["body_len"])))
            self._header = None

    def _next_header(self) -> Header | None:
        if len(self._buffer) < 4:
            return None
        length = int.from_bytes(self._buffer[:4], "big")
        if length > HEADER_LIMIT:
            raise BadFrame(f"a header of {length} bytes is no header")
        if len(self._buffer) < 4 + length:
            return None
        self._take(4)
        return _header(self._take(length))

    def _take(self, count: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:count])
        del self._buffer[:count]
        return taken


def _header(data: bytes) -> Header:
    try:
        header = json.loads(data)
    except ValueError as error:
        raise BadFrame(f"the header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise BadFrame(f"the header is not an object but {type(header).__name__}")
    length = header.setdefault("body_len", 0)
    if type(length) is not int or length < 0:
        raise BadFrame(f"the header's body_len is {length!r}")
    return header
