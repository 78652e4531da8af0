"""The models that every server gets: an echo, a small forest, and one that computes for 20 ms."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

REQUIREMENTS = "scikit-learn\njoblib\n"
_TRAIN = (
    "import joblib\nfrom sklearn.datasets import load_iris\nfrom sklearn.ensemble import RandomForestClassifier\n"
    "X, y = load_iris(return_X_y=True)\n"
    "joblib.dump(RandomForestClassifier(10, n_jobs=1, random_state=0).fit(X, y), 'model/model.joblib')\n"
)
ROW = [[5.1, 3.5, 1.4, 0.2]]


@dataclass(frozen=True, kw_only=True)
class Model:
    """What a model's ``predict.py`` says, for whoever serves it: ``load_model()`` and ``run(model, data)``."""

    name: str
    source: str
    needs: str = ""

    def repo(self, folder: Path, python: Path) -> Path:
        """Write it as a repo."""
        (folder / "model").mkdir(parents=True)
        (folder / "predict.py").write_text(self.source)
        (folder / "requirements.txt").write_text(self.needs)
        if self.needs:
            subprocess.run([python, "-c", _TRAIN], cwd=folder, check=True)
        return folder


_NOTHING = "def load_model():\n    return None\n\n\n"
MODELS = {
    "echo": Model(name="echo", source=_NOTHING + "def run(model, data):\n    return data\n"),
    "forest": Model(
        name="forest",
        source=(
            "import joblib\nfrom pathlib import Path\n\nHERE = Path(__file__).resolve().parent\n\n\n"
            "def load_model():\n    return joblib.load(HERE / 'model' / 'model.joblib')\n\n\n"
            "def run(model, data):\n    return model.predict(data['data']).tolist()\n"
        ),
        needs=REQUIREMENTS,
    ),
    "20 ms": Model(
        name="20 ms",
        source=(
            f"import time\n\n\n{_NOTHING}"
            "def run(model, data):\n    end = time.thread_time() + 0.020\n"
            "    while time.thread_time() < end:\n        pass\n    return data\n"
        ),
    ),
}
