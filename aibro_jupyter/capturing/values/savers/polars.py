"""polars frames and series, as parquet."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.columns import in_parts
from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, Unsuitable, module_root, shown


class PolarsSaver(Saver):
    """A polars DataFrame or Series."""

    by_itself = True

    def handles(self, value: Any) -> bool:
        """Tell whether it is one of polars' own."""
        return module_root(value) == "polars" and type(value).__name__ in ("DataFrame", "Series")

    def inside(self, value: Any) -> list[Any]:  # noqa: ARG002 - the contract's parameter
        """Nothing of the notebook's code is in a table."""
        return []

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it, read it back, and keep that only if schema and cells are the same."""
        path = stem.with_name(f"{stem.name}.parquet")
        polars = sys.modules["polars"]
        series = type(value).__name__ == "Series"
        frame = value.to_frame() if series else value
        try:
            frame.write_parquet(path)
            same = polars.read_parquet_schema(path) == frame.schema and all(
                polars.read_parquet(path, columns=part).equals(frame.select(part), null_equal=True)
                for part in in_parts(frame.columns, frame.estimated_size())
            )
        except Exception as error:  # polars panics with classes of its own for what parquet has no type for
            raise Unsuitable from error
        if not same:
            path.unlink()
            raise Unsuitable
        load = f'{{name}} = pl.read_parquet("{shown(path)}")' + (".to_series()" if series else "")
        return Saved(files=(path,), load=load, imports=("import polars as pl",))
