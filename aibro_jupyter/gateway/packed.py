"""Bodies that come packed with gzip, unpacked within a limit and a ratio."""

from __future__ import annotations

import zlib

from aibro_jupyter.errors import BadHttp, TooLarge

INLINE = 16 * 1024
"""Bytes: up to this size a body is unpacked at once, larger ones in a thread."""
_FREE = 1024 * 1024
"""Bytes that any body may unpack to, whatever it was packed into: a table of zeros is no attack."""
_RATIO = 100
"""Chosen: text and numbers pack to a fifth or a tenth; what unpacks to more than that is made for it."""
_GZIP = 16 + zlib.MAX_WBITS


def gunzipped(body: bytes, most: int) -> bytes:
    """Return what was packed; ``BadHttp`` if it is no gzip, ``TooLarge`` if it is more than it may be."""
    limit = min(most, max(_FREE, _RATIO * len(body)))
    parts: list[bytes] = []
    size = 0
    while body:
        unpacking = zlib.decompressobj(_GZIP)
        try:
            part = unpacking.decompress(body, limit - size + 1)
        except zlib.error:
            raise BadHttp("the body is not gzip, though its header says so") from None
        size += len(part)
        if size > limit:
            why = f"{most} bytes" if limit == most else f"{_RATIO} times its size"
            raise TooLarge(f"the body unpacks to more than {why}", fix="send it in parts, or not packed")
        if not unpacking.eof:
            raise BadHttp("the packed body breaks off")
        parts.append(part)
        body = unpacking.unused_data
    return b"".join(parts)
