"""Makes model/iris.joblib; run it in an environment of requirements.txt: ``python train.py``."""

import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

flowers = load_iris()
model = LogisticRegression(max_iter=1000).fit(flowers.data, [flowers.target_names[kind] for kind in flowers.target])
joblib.dump(model, "model/iris.joblib")
