from __future__ import annotations

from tests.capturing.kernel import Kernel


def test_37_labels_categories_and_an_own_objective(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np, pandas as pd\nfrom catboost import CatBoostClassifier, CatBoostRegressor",
        "df = pd.DataFrame({'size': np.arange(40.0), 'colour': ['red', 'blue'] * 20})\ny = np.where(df['size'] > 19, 'big', 'small')",
        "clf = CatBoostClassifier(iterations=8, depth=3, verbose=0, cat_features=['colour'], allow_writing_files=False).fit(df, y)",
        """
        class Squared:
            def calc_ders_range(self, approxes, targets, weights):
                return [(t - a, -1.0) for a, t in zip(approxes, targets)]
        own = CatBoostRegressor(iterations=4, depth=2, verbose=0, loss_function=Squared(), eval_metric="RMSE", allow_writing_files=False)
        own.fit(df[["size"]], df["size"] * 2)
        """,
        "def predict(frame):\n    return clf.predict(frame).ravel(), clf.predict_proba(frame), clf.classes_, own.predict(frame[['size']])",
    )
    made = notebook.capture("predict, sample=df[::15]")
    assert made.proved == 1, made.told
    assert "clf = catboost.CatBoostClassifier()" in made.predict
    assert 'clf.load_model("model/clf.cbm")' in made.predict
    assert "its own loss_function is for training and stays behind" in made.warnings
    assert "class Squared" not in "".join(made.files.values())
