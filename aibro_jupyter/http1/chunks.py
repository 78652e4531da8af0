"""A body that comes in chunks, decoded strictly: what another reader might cut elsewhere is refused."""

from __future__ import annotations

import re

_LINE = 1_024
"""Bytes of a line beside the chunks: a size with its extension, or a trailer."""
_FRAMING_SLACK = 64 * 1024
"""All lines together may take so many bytes more than eight times the body."""
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")


class BadChunks(ValueError):
    """The bytes are no chunks; the message says what is wrong, for the caller."""


class Chunks:
    """Feed it what came after the head. ``rest`` is what follows the body, once that is whole."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept = b""
        self._left = 0
        """Bytes of the chunk under way that are still to come."""
        self._at_end_of_chunk = False
        self._in_trailer = False
        self._framing = 0
        self.size = 0
        """Bytes of the body so far."""
        self.rest: bytes | None = None

    @property
    def over(self) -> bool:
        """Tell whether the body is longer than it may be, as far as its chunks tell."""
        return self.size + self._left > self._most

    def feed(self, data: bytes) -> list[bytes]:
        """Return the parts of the body in these bytes; raises ``BadChunks``."""
        if self._kept:
            data, self._kept = self._kept + data, b""
        parts: list[bytes] = []
        at = 0
        while self.rest is None and not self.over:
            if self._left:
                part = data[at : at + self._left]
                if not part:
                    return parts
                parts.append(part)
                at += len(part)
                self.size += len(part)
                self._left -= len(part)
                self._at_end_of_chunk = self._left == 0
                continue
            end = data.find(b"\r\n", at)
            if end < 0:
                self._keep(data[at:])
                return parts
            if self._ends_with(data[at:end]):
                self.rest = data[end + 2 :]
            at = end + 2
        return parts

    def _keep(self, line: bytes) -> None:
        if len(line) > _LINE or b"\n" in line:
            raise BadChunks("the chunks of this body are malformed")
        self._kept = line

    def _ends_with(self, line: bytes) -> bool:
        """Take a line beside the chunks, and tell whether the body ends with it."""
        self._framing += len(line) + 2
        if len(line) > _LINE or self._framing > 8 * self.size + _FRAMING_SLACK:
            raise BadChunks("this body is nearly all framing")
        if self._at_end_of_chunk:
            self._at_end_of_chunk = False
            if line:
                raise BadChunks("a chunk of this body is longer than it says")
        elif self._in_trailer:
            if not line:
                return True
            if not _TRAILER.fullmatch(line):
                raise BadChunks("the trailer of this body is malformed")
        elif (found := _SIZE.fullmatch(line)) is None:
            raise BadChunks("the chunks of this body are malformed")
        else:
            self._left = int(found[1], 16)
            self._in_trailer = self._left == 0
        return False
