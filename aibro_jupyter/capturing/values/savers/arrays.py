"""numpy arrays, dicts of them, and scipy's sparse matrices, in numpy's own formats."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values import guards
from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, module_root, shown

_SPARSE = frozenset({"csr", "csc", "coo", "dia", "bsr"})


class ArraySaver(Saver):
    """One array in a ``.npy`` file."""

    def handles(self, value: Any) -> bool:
        """Tell whether it is a plain array without Python objects in it."""
        return _plain_array(value)

    def save(self, value: Any, stem: Path) -> Saved:
        """Write the array as it is: dtype, shape and memory order; a very large one is then read as it is needed."""
        path = stem.with_name(f"{stem.name}.npy")
        sys.modules["numpy"].save(path, value, allow_pickle=False)
        mapped = ', mmap_mode="c"' if value.nbytes > guards.REFUSE_BYTES else ""
        load = f'{{name}} = np.load("{shown(path)}"{mapped})'
        return Saved(files=(path,), load=load, imports=("import numpy as np",))


class MappedSaver(Saver):
    """An array that lies in a file of the notebook's: it becomes a file of the repo's, read as it is needed."""

    def handles(self, value: Any) -> bool:
        """Tell whether it is a memory map."""
        return type(value).__name__ == "memmap" and module_root(value) == "numpy" and _writable_as_npy(value.dtype)

    def save(self, value: Any, stem: Path) -> Saved:
        """Copy the mapped part."""
        path = stem.with_name(f"{stem.name}.npy")
        numpy = sys.modules["numpy"]
        numpy.save(path, numpy.asarray(value), allow_pickle=False)
        load = f'{{name}} = np.load("{shown(path)}", mmap_mode="c")'
        return Saved(files=(path,), load=load, imports=("import numpy as np",))


class ArraysSaver(Saver):
    """A dict of arrays in one ``.npz`` file."""

    def handles(self, value: Any) -> bool:
        """Tell whether it is a non-empty dict from simple names to plain arrays."""
        if type(value) is not dict or not value or len({id(array) for array in value.values()}) < len(value):
            return False
        named = all(isinstance(key, str) and key.isidentifier() and key != "file" for key in value)
        return named and all(_plain_array(array) for array in value.values())

    def save(self, value: Any, stem: Path) -> Saved:
        """Write the arrays in the dict's order."""
        path = stem.with_name(f"{stem.name}.npz")
        sys.modules["numpy"].savez(path, **value)
        return Saved(files=(path,), load=f'{{name}} = dict(np.load("{shown(path)}"))', imports=("import numpy as np",))


class SparseSaver(Saver):
    """A scipy sparse matrix or array in a ``.npz`` file."""

    def handles(self, value: Any) -> bool:
        """Tell whether scipy can write it without loss."""
        return module_root(value) == "scipy" and getattr(value, "format", "") in _SPARSE

    def save(self, value: Any, stem: Path) -> Saved:
        """Write the matrix in its own sparse format."""
        path = stem.with_name(f"{stem.name}.npz")
        sys.modules["scipy.sparse"].save_npz(path, value)
        load = f'{{name}} = sparse.load_npz("{shown(path)}")'
        return Saved(files=(path,), load=load, imports=("from scipy import sparse",))


def _plain_array(value: Any) -> bool:
    return type(value).__name__ == "ndarray" and module_root(value) == "numpy" and _writable_as_npy(value.dtype)


def _writable_as_npy(dtype: Any) -> bool:
    """Tell whether numpy's file names the dtype: not so for objects, and for bfloat16 and its like."""
    return not dtype.hasobject and (dtype.kind != "V" or dtype.names is not None) and dtype.isbuiltin != 2
