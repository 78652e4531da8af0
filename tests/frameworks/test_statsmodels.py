from __future__ import annotations

from tests.capturing.kernel import Kernel

DATA = """
import numpy as np, pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
rng = np.random.default_rng(0)
df = pd.DataFrame({"x": rng.uniform(1, 9, 80), "kind": ["a", "b"] * 40})
df["y"] = 3 * np.log(df.x) + (df.kind == "a") + rng.normal(size=80) / 10
"""


def test_32_formulas_with_numpy_and_cell_functions(notebook: Kernel) -> None:
    notebook.run(
        DATA,
        "POWER = 2\ndef bent(v):\n    return v ** POWER / 10",
        "fit = smf.ols('y ~ np.log(x) + bent(x) + C(kind)', data=df).fit()",
        "def predict(rows):\n    return fit.predict(rows)",
    )
    made = notebook.capture("predict, sample=df[['x', 'kind']][:3]")
    assert made.proved == 1, made.told
    assert "def bent(v):" in made.predict
    assert "import numpy as np" in made.predict
    assert "80 rows it was fitted on" in made.warnings


def test_results_without_a_formula_and_of_series(notebook: Kernel) -> None:
    notebook.run(
        DATA,
        "logit = sm.Logit((df.kind == 'a').astype(int), sm.add_constant(df[['x']])).fit(disp=0)",
        "arima = sm.tsa.ARIMA(df.y.to_numpy(), order=(1, 0, 0)).fit()",
        "glm = smf.glm('y ~ x', df).fit()",
        "def predict(rows):\n    return logit.predict(sm.add_constant(rows, has_constant='add')), arima.forecast(2), glm.predict(rows)",
    )
    made = notebook.capture("predict, sample=df[['x']][:2]")
    assert made.proved == 1, made.told
    assert {"statsmodels", "pandas"} <= set(made.manifest["packages"])


def test_columns_of_the_models_own_frame_are_no_variables_of_the_notebook(notebook: Kernel) -> None:
    notebook.run(
        DATA,
        "income = pd.DataFrame({'name': ['Jane Doe'] * 900})\nx, kind = df.x.to_numpy(), df.kind.tolist()\ny = 'theirs'",
        "df['income'] = df.x * 2\nfit = smf.ols('y ~ income + np.log(x) + C(kind)', data=df).fit()",
        "def predict(rows):\n    return fit.predict(rows)",
    )
    made = notebook.capture("predict, sample=df[['x', 'kind', 'income']][:3]")
    assert made.proved == 1, made.told
    models = {name for name in made.told["files"] if name.startswith("model/")}
    assert models == {"model/fit.pkl"}
    assert "income =" not in made.predict
