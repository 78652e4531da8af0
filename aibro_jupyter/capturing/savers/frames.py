"""pandas objects, in pandas' own pickle: every dtype, index and category comes back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.savers.saver import Saved, module_root, shown


class FrameSaver:
    """A DataFrame, Series or Index."""

    def handles(self, value: Any) -> bool:
        """Tell whether it is a pandas object with data in it."""
        return module_root(value) == "pandas" and hasattr(value, "dtype" if not hasattr(value, "dtypes") else "dtypes")

    def save(self, value: Any, stem: Path) -> Saved:
        """Write it with ``to_pickle``; the same pandas version is pinned beside it."""
        path = stem.with_name(f"{stem.name}.pkl")
        sys.modules["pandas"].to_pickle(value, path)
        load = f'{{name}} = pd.read_pickle("{shown(path)}")'
        return Saved(files=(path,), load=load, imports=("import pandas as pd",))
