"""Uploaded repos: streamed to disk in constant memory, under the name that their own bytes give them."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from aibro_jupyter.errors import BadBundle, TooLarge

UNFINISHED = ".unfinished."
_SHA256 = re.compile(r"[0-9a-f]{64}")


def bundle_path(bundles: Path, sha256: str) -> Path:
    """Return where an uploaded repo lies; what is no sha256 raises ``BadBundle``, for it must never be a path."""
    if not _SHA256.fullmatch(sha256):
        raise BadBundle("a bundle is named by the sha256 of its bytes, 64 hex digits")
    return bundles / f"{sha256}.tar.gz"


def forget_unfinished(folder: Path) -> None:
    """Delete what an upload left behind when the process before this one was killed."""
    for file in folder.glob(f"{UNFINISHED}*"):
        file.unlink(missing_ok=True)


async def store_bundle(chunks: AsyncIterator[bytes], sha256: str, into: Path, limit_bytes: int) -> None:
    """Write a bundle, whole or not at all; ``BadBundle`` if its bytes are not what its name says."""
    handle, temporary = tempfile.mkstemp(dir=into.parent, prefix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            digest, size = hashlib.sha256(), 0
            async for chunk in chunks:
                size += len(chunk)
                if size > limit_bytes:
                    raise TooLarge(f"a bundle may have {limit_bytes} bytes", fix="leave out what the model never reads")
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
            if digest.hexdigest() != sha256:
                raise BadBundle("the bundle is not what its sha256 says", fix="send it again")
            await asyncio.to_thread(_settle, file)
        os.replace(temporary, into)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise TooLarge("the backend's disk is full", fix=f"make room in {into.parent}") from error
        raise
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
