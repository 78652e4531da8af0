"""Tells without node whether the committed bundle is the one its sources give; ``--write`` says that it is."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

LAB = Path(__file__).resolve().parent
BUNDLE = LAB.parent / "aibro_jupyter" / "labextension"
STAMP = LAB / "bundle.sha256"
SOURCES = ("src/**/*", "style/**/*", "schema/**/*", "package.json", "yarn.lock", "tsconfig.json", "webpack.config.js")


def stamp() -> str:
    """Return two digests: of what the bundle is made from, and of the bundle."""
    sources = {path for pattern in SOURCES for path in LAB.glob(pattern) if "__tests__" not in path.parts}
    return f"{_digest(LAB, sources)}  sources\n{_digest(BUNDLE, BUNDLE.rglob('*'))}  bundle\n"


def is_fresh() -> bool:
    """Tell whether neither sources nor bundle changed since the last build."""
    return (BUNDLE / "package.json").is_file() and STAMP.is_file() and STAMP.read_text() == stamp()


def _digest(root: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file()):
        content = path.read_bytes().replace(b"\r\n", b"\n")  # a Windows checkout is the same source
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


if __name__ == "__main__":
    if "--write" in sys.argv:
        STAMP.write_text(stamp())
    if not is_fresh():
        sys.exit("the sidebar's bundle is not the one its sources give: run `make sidebar` (needs node) and commit it")
