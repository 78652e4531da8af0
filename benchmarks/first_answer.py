"""From running the deploy cell to the first answered request, beside importing scikit-learn in a fresh process.

Both are wall times of the same run on the same machine, with the model's environment already built. The figure to
read is the ratio: a deploy imports scikit-learn twice (once for the proof, once in the slot), so 2 would be free.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROUNDS = 3
SETUP = """
import time
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
import aibro_jupyter
X, y = load_iris(return_X_y=True, as_frame=True)
model = RandomForestClassifier(n_estimators=20, random_state=0).fit(X, y)
def predict(rows):
    return [str(name) for name in model.predict(rows)]
warm = aibro_jupyter.deploy(predict, name="warm", sample=X[:5])
"""
ROUND = """
began = time.perf_counter()
job = aibro_jupyter.deploy(predict, name="round-{number}", sample=X[:5])
job(X[:2])
print(time.perf_counter() - began)
"""


def import_seconds() -> float:
    """Return what ``import sklearn.ensemble`` takes a fresh process, with bytecode cached."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import sklearn.ensemble"], check=True)
    return time.perf_counter() - began


def deploy_seconds(folder: Path) -> list[float]:
    """Return the seconds of each round, measured inside a real kernel."""
    sources = [SETUP, *(ROUND.format(number=number) for number in range(ROUNDS))]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    printed = [
        "".join(out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stdout")
        for cell in notebook.cells[1:]
    ]
    return [float(text.strip().splitlines()[-1]) for text in printed]


def main() -> None:
    """Print medians and the ratio, as text and as one JSON line."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    import_seconds()
    with tempfile.TemporaryDirectory(prefix="aibro-bench-") as folder:
        os.environ["AIBRO_HOME"] = str(Path(folder) / "home")
        try:
            rounds = deploy_seconds(Path(folder))
        finally:
            subprocess.run([Path(sys.executable).with_name("aibro"), "down"], check=True, stdout=subprocess.DEVNULL)
    imports = [import_seconds() for _ in range(ROUNDS)]
    deploy, beside = statistics.median(rounds), statistics.median(imports)
    print(f"cell to first answer   {deploy:6.2f} s  (rounds: {', '.join(f'{s:.2f}' for s in rounds)})")
    print(f"import sklearn.ensemble{beside:6.2f} s  in a fresh process")
    print(f"ratio                  {deploy / beside:6.2f}")
    print(json.dumps({"deploy_s": round(deploy, 3), "import_s": round(beside, 3), "ratio": round(deploy / beside, 2)}))


if __name__ == "__main__":
    main()
