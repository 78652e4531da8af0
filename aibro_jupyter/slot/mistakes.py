"""What a caller got wrong that only shows when the model fails: a file of another kind, a folder without a file."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ..modelio.faults import BadInput

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip (or an Office document)"),
    (b"\x1f\x8b", "gzip"),
    (b"RIFF", "a RIFF file (WAV, WebP)"),
    (b"OggS", "an Ogg file"),
    (b"fLaC", "a FLAC file"),
    (b"ID3", "an MP3 file"),
    (b"\x93NUMPY", "a .npy array"),
    (b"PAR1", "a Parquet file"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
)
"""The first bytes of files that models are sent, by their formats' own specifications."""


def another_kind(sample: Mapping[str, bytes], sent: Mapping[str, bytes]) -> BadInput | None:
    """Return what to tell a caller whose file is of another kind than the repo's own of that name; None: it is not."""
    for name, content in sent.items():
        wanted = _kind(sample.get(name, b""))
        if wanted and _kind(content) != wanted:
            return BadInput(f"the body is {_kind(content) or 'something else'}, and the model takes {wanted}")
    return None


def missing_file(error: BaseException, folder: str, sent: Mapping[str, bytes]) -> BadInput | None:
    """Return what to tell a caller whose body lacks a file of data/ that the model opened; None: it lacks none."""
    if not isinstance(error, FileNotFoundError) or not isinstance(error.filename, (str, bytes, os.PathLike)):
        return None
    inside = os.path.relpath(os.path.abspath(os.fsdecode(error.filename)), folder)
    if inside.startswith(os.pardir) or inside in sent:
        return None
    return BadInput(f"the model reads data/{inside}, and the body has {', '.join(sorted(sent)[:8]) or 'no file'}")


def _kind(content: bytes) -> str:
    return next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), "")
