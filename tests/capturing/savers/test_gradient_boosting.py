from __future__ import annotations

from tests.capturing.kernel import Kernel

DATA = """
import numpy as np, pandas as pd
rng = np.random.default_rng(0)
X = pd.DataFrame({"a": rng.normal(size=120), "b": rng.normal(size=120), "kind": pd.Categorical(["u", "v", "w"] * 40)})
y = ((X.a + (X.kind == "u")) > 0.3).astype(int)
names = np.where(y == 1, "yes", "no")
"""


def test_37_xgboost_wrappers_and_boosters(notebook: Kernel) -> None:
    notebook.run(
        DATA,
        "import xgboost as xgb",
        "clf = xgb.XGBClassifier(n_estimators=40, max_depth=3, learning_rate=0.3, early_stopping_rounds=3, enable_categorical=True, random_state=1)\nclf.fit(X[:80], y[:80], eval_set=[(X[80:], y[80:])], verbose=False)",
        "booster = xgb.train({'max_depth': 2, 'objective': 'reg:squarederror'}, xgb.DMatrix(X[['a', 'b']], y), num_boost_round=5)",
        "def predict(rows):\n    rows = rows.assign(kind=pd.Categorical(rows.kind, categories=['u', 'v', 'w']))\n    return clf.predict(rows), clf.predict_proba(rows), booster.predict(xgb.DMatrix(rows[['a', 'b']])), clf.n_estimators, booster.feature_names",
    )
    made = notebook.capture("predict, sample=X[:4].assign(kind=list('uvwu'))")
    assert made.proved == 1, made.told
    assert "clf = xgb.XGBClassifier(" in made.predict
    assert "max_depth=3" in made.predict
    assert 'booster = xgb.Booster(model_file="model/booster.ubj")' in made.predict
    assert "pickle" not in made.predict


def test_37_an_own_objective_of_a_wrapper_comes_as_source(notebook: Kernel) -> None:
    notebook.run(
        DATA,
        "from xgboost import XGBRegressor\nSLOPE = 2.0\ndef squared(true, guess):\n    return (guess - true) * SLOPE, np.full_like(true, SLOPE)",
        "xgb = XGBRegressor(objective=squared, n_estimators=5, max_depth=2).fit(X[['a', 'b']], y.astype(float))",
        "def predict(rows):\n    return xgb.predict(rows[['a', 'b']])",
    )
    made = notebook.capture("predict, sample=X[['a', 'b']][:3]")
    assert made.proved == 1, made.told
    assert "def squared(true, guess):" in made.files["notebook_code.py"]


def test_37_lightgbm_keeps_labels_and_the_best_iteration(notebook: Kernel) -> None:
    notebook.run(
        DATA,
        "import lightgbm as lgb",
        "clf = lgb.LGBMClassifier(n_estimators=20, num_leaves=4, verbose=-1, n_jobs=1).fit(X, names)",
        "sets = lgb.Dataset(X[:80], y[:80]), lgb.Dataset(X[80:], y[80:])\nbooster = lgb.train({'objective': 'binary', 'num_leaves': 4, 'verbose': -1, 'num_threads': 1}, sets[0], 60, valid_sets=[sets[1]], callbacks=[lgb.early_stopping(2, verbose=False)])",
        "def predict(rows):\n    rows = rows.assign(kind=pd.Categorical(rows.kind, categories=['u', 'v', 'w']))\n    return clf.predict(rows), clf.classes_, booster.predict(rows)",
    )
    made = notebook.capture("predict, sample=X[:4].assign(kind=list('uvwu'))")
    assert made.proved == 1, made.told
    assert set(made.manifest["expected"][0]) <= {"yes", "no"}
    assert 'booster = lightgbm.Booster(model_file="model/booster.txt")' in made.predict
    assert 'clf = joblib.load("model/clf.joblib")' in made.predict
    assert "early_stopping" not in made.predict
