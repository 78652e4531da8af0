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
