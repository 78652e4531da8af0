from __future__ import annotations

from tests.capturing.kernel import Kernel


def test_27_frames_and_series(notebook: Kernel) -> None:
    notebook.run(
        "import polars as pl, datetime as dt",
        """
        table = pl.DataFrame({"k": ["a", "b", None], "n": [1, 2, 3], "day": [dt.date(2024, 1, d) for d in (1, 2, 3)], "l": [[1], [], [2, 3]]},
                             schema_overrides={"n": pl.Int16, "k": pl.Categorical})
        prices = pl.Series("price", [1.5, None, 2.5])
        """,
        "def predict(k):\n    row = table.filter(pl.col('k').cast(pl.String) == k)\n    return row.to_dicts(), str(table.schema), prices.sum(), prices.name",
    )
    made = notebook.capture("predict, sample='b'")
    assert made.proved == 1, made.told
    assert 'table = pl.read_parquet("model/table.parquet")' in made.predict
    assert ".to_series()" in made.predict


SAMPLES = """
import datetime as dt, polars as pl
now = dt.datetime(2026, 1, 2, 3, 4, 5, 6)
asked = pl.DataFrame({"n": [1, None], "k": ["x", None], "v": [1.5, float("nan")], "day": [now.date()] * 2, "at": [now, None],
                      "long": [dt.timedelta(1, 2, 3), None], "time": [now.time(), None], "ok": [True, None]},
                     schema_overrides={"n": pl.Int16, "at": pl.Datetime("ms")})
def told(table): return [[str(dtype) for dtype in table.dtypes], table["v"].is_nan().to_list(), table.null_count().row(0)]
def summed(column): return [str(column.dtype), column.sum()]
lazy = asked.lazy()
"""


def test_tables_and_columns_are_samples(notebook: Kernel) -> None:
    notebook.run(SAMPLES)
    made = notebook.capture("told, sample=asked")
    assert made.proved == 1, made.told
    assert made.manifest["expected"][1:] == [[False, True], [1, 1, 0, 0, 1, 1, 1, 1]]
    made = notebook.capture("summed, sample=pl.Series('p', [1, 2], dtype=pl.UInt8)")
    assert made.manifest["expected"] == ["UInt8", 3]


def test_a_plan_is_no_table(notebook: Kernel) -> None:
    notebook.run(SAMPLES)
    assert (
        "'table' is a polars LazyFrame, a plan and no table (.collect() makes it one)"
        in notebook.capture("told, sample=lazy").refused
    )
