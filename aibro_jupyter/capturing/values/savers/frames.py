"""pandas objects: as parquet where that brings every dtype, index and category back, else in pandas' own pickle."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.columns import in_parts
from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, Unsuitable, module_root, shown

_READ = 'pd.read_parquet("{path}")'


class FrameSaver(Saver):
    """A DataFrame or Series, where pyarrow is loaded: pandas then reads parquet."""

    def handles(self, value: Any) -> bool:
        """Tell whether it is pandas' own DataFrame or Series."""
        own = module_root(value) == "pandas" and type(value).__name__ in ("DataFrame", "Series")
        return own and "pyarrow" in sys.modules

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it, read it back, and keep that only if the two are the same in every respect."""
        path = stem.with_name(f"{stem.name}.parquet")
        pandas = sys.modules["pandas"]
        series = type(value).__name__ == "Series"
        frame = value.to_frame(name="value") if series else value
        try:
            frame.to_parquet(path)
            _check_same(pandas, frame, path)
        except Exception as error:  # pandas, pyarrow and the comparison each have errors of their own
            path.unlink(missing_ok=True)
            raise Unsuitable from error
        if series and not isinstance(value.name, str | None):
            path.unlink()
            raise Unsuitable
        load = f"{{name}} = {_READ.format(path=shown(path))}" + (f'["value"].rename({value.name!r})' if series else "")
        return Saved(files=(path,), load=load, imports=("import pandas as pd",), modules=("pyarrow",))


class PickledFrameSaver(Saver):
    """Any other DataFrame, Series or Index."""

    def handles(self, value: Any) -> bool:
        """Tell whether it is a pandas object with data in it."""
        return module_root(value) == "pandas" and hasattr(value, "dtype" if not hasattr(value, "dtypes") else "dtypes")

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it with ``to_pickle``; the same pandas version is pinned beside it."""
        path = stem.with_name(f"{stem.name}.pkl")
        sys.modules["pandas"].to_pickle(value, path)
        load = f'{{name}} = pd.read_pickle("{shown(path)}")'
        warning = f"this {type(value).__name__} is kept as a pickle, for the pandas version that is pinned beside it"
        return Saved(files=(path,), load=load, imports=("import pandas as pd",), warnings=(warning,))


def _check_same(pandas: Any, frame: Any, path: Path) -> None:
    """Raise where a file does not give the frame again; the columns of a large one are read and compared in parts."""
    size = int(frame.memory_usage().sum())
    named = all(type(name) is str for name in frame.columns)
    parts = list(in_parts(list(frame.columns), size)) if named and frame.columns.nlevels == 1 else []
    if len(parts) < 2:
        _same(pandas, frame, pandas.read_parquet(path))
        return
    pyarrow = sys.modules["pyarrow"]
    pyarrow.default_memory_pool().release_unused()
    empty = importlib.import_module("pyarrow.parquet").read_schema(path).empty_table().to_pandas()
    pandas.testing.assert_index_equal(frame.columns, empty.columns, exact=True)
    for part in parts:
        _same(pandas, frame[part], pandas.read_parquet(path, columns=part))


def _same(pandas: Any, one: Any, other: Any) -> None:
    pandas.testing.assert_frame_equal(one, other, check_exact=True, check_freq=True, check_column_type="exact")
    if one.attrs != other.attrs or type(one.index) is not type(other.index) or one.index.names != other.index.names:
        raise Unsuitable
    for name in one.columns:
        if one[name].dtype == object and [type(cell) for cell in one[name]] != [type(cell) for cell in other[name]]:
            raise Unsuitable
