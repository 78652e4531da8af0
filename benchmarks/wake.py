"""How long a sleeping local cooling instance takes from a request until it answers, with a scikit-learn model.

Beside it, in the same run: a fresh process of the same environment that imports the library, loads the model and
predicts once. ``python benchmarks/wake.py [--rounds 20]``; the aim is a p95 of one second or better.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend, down
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.home import Home
from aibro_jupyter.states import Phase, Role

TRAIN = """
import sys
import joblib
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
X, y = load_iris(return_X_y=True)
joblib.dump(RandomForestClassifier(n_estimators=100, random_state=0).fit(X, y), sys.argv[1])
"""
PREDICT = """
from pathlib import Path

import joblib

HERE = Path(__file__).resolve().parent


def load_model():
    return joblib.load(HERE / "model" / "forest.joblib")


def run(model, data):
    return model.predict(data).tolist()
"""
FRESH = "import predict; print(predict.run(predict.load_model(), [[5.1, 3.5, 1.4, 0.2]]))"
ROW = [[5.1, 3.5, 1.4, 0.2]]
ASK_EVERY_S = 0.02
PATIENCE_S = 120.0


def repo(folder: Path) -> Path:
    """Write a model repo with a trained forest."""
    import sklearn

    root = folder / "forest"
    (root / "model").mkdir(parents=True)
    (root / "predict.py").write_text(PREDICT)
    (root / "requirements.txt").write_text(f"scikit-learn=={sklearn.__version__}\n")
    subprocess.run([sys.executable, "-c", TRAIN, str(root / "model" / "forest.joblib")], check=True)
    return root


def cooling_phase(control: ControlClient, job_id: str) -> Phase | None:
    return next((i.phase for i in control.job(job_id).instances if i.role is Role.COOLING), None)


def until_asleep(control: ControlClient, job_id: str) -> None:
    """Leave the model alone until its cooling instance is stopped."""
    deadline = time.monotonic() + PATIENCE_S
    while cooling_phase(control, job_id) is not Phase.STOPPED:
        if time.monotonic() > deadline:
            raise TimeoutError("the cooling instance does not fall asleep")
        time.sleep(0.05)


def wake_seconds(url: str) -> float:
    """Ask until cooling answers, and return the seconds since the first request; standby answers meanwhile."""
    began = time.perf_counter()
    with requests.Session() as session:
        while True:
            answer = session.post(url, json=ROW, timeout=PATIENCE_S)
            answer.raise_for_status()
            took_s = time.perf_counter() - began
            if answer.headers["X-Aibro-Served-By"] == "cooling":
                return took_s
            if took_s > PATIENCE_S:
                raise TimeoutError("cooling never answered")
            time.sleep(ASK_EVERY_S)


def fresh_seconds(python: Path, root: Path) -> float:
    """Return what a new process of the model's environment takes to import, load and predict, bytecode cached."""
    began = time.perf_counter()
    subprocess.run([python, "-c", FRESH], check=True, cwd=root, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def p95(found: list[float]) -> float:
    return sorted(found)[math.ceil(0.95 * len(found)) - 1]


def measure(folder: Path, rounds: int) -> dict[str, float]:
    """Deploy, wake it up that often, and return medians and p95 in seconds."""
    root, control = repo(folder), backend()
    wanted = Deployment(name="forest", machine="t3.micro.od", cooling="t3.small.od", cool_down=1, wait_request_s=300)
    done = deploy_repo(control, root, wanted)
    job_id, url = done.job.job_id, done.urls[0]
    wake_seconds(url)
    (python,) = Home(folder / "home").envs.glob("*/bin/python")
    fresh_seconds(python, root)
    wakes, fresh = [], []
    for _ in range(rounds):
        until_asleep(control, job_id)
        wakes.append(wake_seconds(url))
        fresh.append(fresh_seconds(python, root))
    return {
        "rounds": rounds,
        "wake_p50_s": round(statistics.median(wakes), 3),
        "wake_p95_s": round(p95(wakes), 3),
        "fresh_p50_s": round(statistics.median(fresh), 3),
        "fresh_p95_s": round(p95(fresh), 3),
        "ratio_p50": round(statistics.median(wakes) / statistics.median(fresh), 2),
    }


def main() -> None:
    """Print the figures, one a line, and as one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="aibro-wake-") as folder:
        os.environ["AIBRO_HOME"] = str(Path(folder) / "home")
        os.environ["AIBRO_GATEWAY_QUIET_REPORT_S"] = "1"
        try:
            found = measure(Path(folder), asked.rounds)
        finally:
            down()
    for name, value in found.items():
        print(f"{name:16}{value:>8}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
