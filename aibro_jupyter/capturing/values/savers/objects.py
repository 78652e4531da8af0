"""Anything else that Python can pickle."""

from __future__ import annotations

import gzip
import pickle
import shutil
import sys
import zlib
from pathlib import Path
from typing import Any

from aibro_jupyter import pythons
from aibro_jupyter.capturing.values.rehome import HOME
from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, derives_from, shown

_LEAST_BYTES, _MOST_BYTES = 64 * 1024, 256 * 1024 * 1024
_PAYS = 0.7
"""Chosen, all: what lies between these sizes is packed if no more than this part is left; larger ones load too long."""
_CHUNK = 2**20
"""Bytes in memory at a time."""
_SAMPLES, _SAMPLE_BYTES = 16, 64 * 1024
"""Chosen: as many as tell numbers from text in a hundredth of a second."""


class ObjectSaver(Saver):
    """The last resort; it takes every value."""

    def handles(self, value: Any) -> bool:  # noqa: ARG002 - the contract's parameter
        """Take any value."""
        return True

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it with pickle, and say so; compressed where that pays."""
        path = stem.with_name(f"{stem.name}.pkl")
        with path.open("wb") as file:
            _AsServed(file, protocol=5).dump(value)
        path, opened = packed(path)
        load = f"with {opened} as file:\n    {{name}} = pickle.load(file)"
        kind = type(value)
        what = kind.__qualname__ if kind.__module__ in ("builtins", HOME) else f"{kind.__module__}.{kind.__name__}"
        told = f"a {what} is kept as a pickle, which only Python {pythons.OURS} and the "
        warning = f"{told}same package versions are sure to read"
        imports = ("import gzip", "import pickle") if path.suffix == ".gz" else ("import pickle",)
        return Saved(files=(path,), load=load, imports=imports, warnings=(warning,))


def packed(path: Path) -> tuple[Path, str]:
    """Compress a file in place if it is then much smaller; return where it is, and the call that opens it."""
    if not _LEAST_BYTES <= path.stat().st_size <= _MOST_BYTES or not _shrinks(path):
        return path, f'open("{shown(path)}", "rb")'
    smaller = path.with_name(f"{path.name}.gz")
    with (
        path.open("rb") as file,
        smaller.open("wb") as out,
        # No name and no time inside: the same value, the same bytes.
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=out, mtime=0) as zipped,
    ):
        shutil.copyfileobj(file, zipped, _CHUNK)
    if smaller.stat().st_size > _PAYS * path.stat().st_size:
        smaller.unlink()
        return path, f'open("{shown(path)}", "rb")'
    path.unlink()
    return smaller, f'gzip.open("{shown(smaller)}", "rb")'


def _shrinks(path: Path) -> bool:
    """Tell by samples from all over a file whether packing may pay; to find that out of numbers takes seconds."""
    every = path.stat().st_size // _SAMPLES
    sizes = []
    with path.open("rb") as file:
        for number in range(_SAMPLES):
            file.seek(number * every)
            part = file.read(min(every, _SAMPLE_BYTES))
            sizes.append((len(zlib.compress(part, 6)), len(part)))
    return sum(packed for packed, _ in sizes) <= _PAYS * sum(whole for _, whole in sizes)


class _AsServed(pickle.Pickler):
    """Writes the PyTorch modules inside an object as they serve: in evaluation mode, on the CPU."""

    def reducer_override(self, value: Any) -> Any:
        if "torch" not in sys.modules or isinstance(value, type):
            return NotImplemented
        if derives_from(value, "torch", "Tensor"):
            return value.detach().cpu().__reduce_ex__(5) if value.is_cuda else NotImplemented
        if not derives_from(value, "torch", "Module") or not getattr(value, "training", False):
            return NotImplemented
        made, arguments, state, *rest = value.__reduce_ex__(5)
        return (made, arguments, {**state, "training": False}, *rest) if isinstance(state, dict) else NotImplemented
