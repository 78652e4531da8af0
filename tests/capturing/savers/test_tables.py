"""Arrays and frames; `make test` runs this with pandas 3, `make test-frameworks` again with pandas 2 and pyarrow."""

from __future__ import annotations

from tests.capturing.kernel import Kernel


def test_27_arrays_of_every_kind(notebook: Kernel) -> None:
    notebook.run(
        """
        import numpy as np
        from scipy import sparse
        half = np.arange(6, dtype="float16").reshape(2, 3)[:, ::-1]
        rows = np.array([(1, 2.5), (2, 3.5)], dtype=[("n", "i4"), ("v", "f8")])
        days = np.array(["2024-01-01", "NaT"], dtype="datetime64[D]")
        masked = np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0])
        things = np.array(["a", None, (1, 2)], dtype=object)
        np.save("big.npy", np.arange(10.0)); mapped = np.load("big.npy", mmap_mode="r")
        fixed = np.eye(2); fixed.flags.writeable = False
        csr, coo = sparse.random(5, 4, 0.5, "csr", random_state=0), sparse.coo_array(np.eye(3))
        weights = {"w": np.ones((2, 2)), "b": np.zeros(2)}
        order = np.asfortranarray(np.arange(6.0).reshape(2, 3))
        """,
        """
        def predict(k):
            return [half.tolist(), str(half.dtype), rows["v"].sum() + k, str(days), masked.sum(), things.tolist(), mapped[3:].sum(),
                    fixed.trace(), csr.toarray(), type(coo).__name__, coo.sum(), list(weights), weights["w"].sum(), order.flags.f_contiguous]
        """,
    )
    made = notebook.capture("predict, sample=1")
    assert made.proved == 1, made.told
    assert 'mmap_mode="c"' in made.predict
    assert 'csr = sparse.load_npz("model/csr.npz")' in made.predict
    for name in ("masked", "things"):
        assert f"{name}: a " in made.warnings  # the pickles are named
    assert "half: a " not in made.warnings


def test_27_frames_with_every_index_and_dtype(notebook: Kernel) -> None:
    notebook.run(
        """
        import numpy as np, pandas as pd
        zoned = pd.DataFrame({"t": pd.date_range("2024-01-01", periods=3, tz="Europe/Oslo"), "c": pd.Categorical(["x", "y", "x"], ["y", "x"], ordered=True)})
        multi = pd.DataFrame({"v": [1.0, 2.0, 3.0]}, index=pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["k", "n"]))
        gaps = pd.DataFrame({"i": pd.array([1, None, 3], dtype="Int64"), "b": pd.array([True, None, False], dtype="boolean"), "s": pd.array(["p", None, "q"], dtype="string")})
        bins = pd.cut(pd.Series([1, 5, 9], name="bins"), [0, 4, 10])
        mixed = pd.DataFrame({"o": [1, "a", None]})
        prices = pd.Series([1.5, 2.5], index=["u", "v"], name="price"); prices.attrs["unit"] = "NOK"
        thin = pd.DataFrame({"s": pd.arrays.SparseArray([0, 0, 1])})
        """,
        """
        def predict(k):
            frames = [zoned, multi, gaps, mixed, thin]
            told = [(str(f.dtypes.to_dict()), f.index.names, f.astype(str).values.tolist()) for f in frames]
            return told, zoned.c.cat.ordered, multi.loc["a"].sum().item(), bins.astype(str).tolist(), str(bins.dtype), prices["v"], prices.name, str(prices.attrs)
        """,
    )
    made = notebook.capture("predict, sample=1")
    assert made.proved == 1, made.told
    arrow = notebook.run("import sys; print('pyarrow' in sys.modules)").strip() == "True"
    assert ('multi = pd.read_parquet("model/multi.parquet")' in made.predict) == arrow
    assert ("multi: this DataFrame is kept as a pickle" in made.warnings) != arrow
    assert ("pyarrow" in made.manifest["packages"]) == arrow
    assert "mixed: this DataFrame is kept as a pickle" in made.warnings
