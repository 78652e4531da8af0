"""Archives as an attacker writes them, header by header, with nothing checked."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path


def header(
    name: bytes, size: int = 0, kind: bytes = b"0", link: bytes = b"", mode: int = 0o644, raw_size: bytes = b""
) -> bytes:
    block = bytearray(512)
    block[0 : len(name[:100])] = name[:100]
    block[100:108] = b"%07o\0" % mode
    block[108:124] = b"0000000\0" * 2
    block[124:136] = raw_size or b"%011o\0" % size
    block[136:148] = b"%011o\0" % 0
    block[156:157] = kind
    block[157 : 157 + len(link)] = link
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def file(name: bytes, content: bytes = b"x", **about: object) -> bytes:
    return header(name, len(content), **about) + content + bytes(-len(content) % 512)  # type: ignore[arg-type]


def pax(**records: bytes) -> bytes:
    lines = b""
    for key, value in records.items():
        rest = b" " + key.replace("__", ".").encode() + b"=" + value + b"\n"
        size = len(rest) + 1
        while len(str(size)) + len(rest) != size:
            size += 1
        lines += str(size).encode() + rest
    return file(b"pax", lines, kind=b"x")


def archive(at: Path, *parts: bytes, end: bytes = bytes(1024)) -> tuple[Path, str]:
    at.write_bytes(gzip.compress(b"".join(parts) + end))
    return at, hashlib.sha256(at.read_bytes()).hexdigest()
