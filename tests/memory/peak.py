"""How much memory a capture takes beyond the value that it saves: ``python -m tests.memory.peak KIND BYTES``."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aibro_jupyter.capturing import capture

value: Any = None


def _numbers(size: int) -> Any:
    import numpy as np

    return np.random.default_rng(0).random(size // 8)


def _frame(size: int) -> Any:
    import pandas as pd

    return pd.DataFrame(_numbers(size).reshape(-1, 10), columns=list("abcdefghij"))


def _parquet(size: int) -> Any:
    __import__("pyarrow")
    return _frame(size)


def _polars(size: int) -> Any:
    polars: Any = importlib.import_module("polars")
    return polars.DataFrame({name: _numbers(size // 10) for name in "abcdefghij"})


def _estimator(size: int) -> Any:
    from sklearn.neighbors import KNeighborsRegressor

    rows = _numbers(size).reshape(-1, 100)
    return KNeighborsRegressor(algorithm="brute").fit(rows, rows[:, 0])


KINDS: dict[str, Callable[[int], Any]] = {
    "array": _numbers,
    "arrays": lambda size: {"one": _numbers(size // 2), "two": _numbers(size // 2) + 1},
    "object": lambda size: SimpleNamespace(held=_numbers(size)),
    "packed object": lambda size: SimpleNamespace(held=_numbers(size).round()),
    "estimator": _estimator,
    "frame": _frame,
    "parquet": _parquet,
    "polars": _polars,
}


def predict(x: int) -> int:
    return x if value is not None else 0


def beyond(kind: str, size: int) -> int:
    """Return the bytes that a process of its own takes at its peak beyond a value of about that size."""
    command = [sys.executable, "-m", "tests.memory.peak", kind, str(size)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def peak(pid: int | str = "self") -> int:
    """Return the most memory that a process ever had, in bytes; Linux tells it."""
    return _status("VmHWM", pid)


def _status(key: str, pid: int | str) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().partition(f"{key}:")[2].split()[0]) * 1024


def main() -> None:
    global value
    kind, size = sys.argv[1:]
    with tempfile.TemporaryDirectory() as place:
        capture(predict, Path(place, "small"), 1)  # what it imports is not the value's
        value = KINDS[kind](int(size))
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before = _status("VmRSS", "self")
        capture(predict, Path(place, "large"), 1)
        print(peak() - before)


if __name__ == "__main__":
    main()
