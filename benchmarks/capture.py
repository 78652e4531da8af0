"""Repo size and capture time beside cloudpickle's by-value pickle of the same functions, and how the 54 hard cases go.

Both see the same live objects in one process, as a kernel holds them. Two sizes: all files of the repo beside the
pickle as it is, and the bundle as it is sent beside the compressed pickle. The repo has what a pickle lacks: the sample
with its answer, the requirements, the manifest; "code+state" leaves those out. Times are medians of several rounds. The
first two are without the proof, for cloudpickle proves nothing; a whole capture with its proof stands beside what any
proof takes at least, a fresh process that imports the same repo and loads its model.
``--cases`` runs the tests of the 54 cases and counts them, which takes minutes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle

from aibro_jupyter.capturing import capture
from aibro_jupyter.capturing.gathering.asked import Asked
from aibro_jupyter.capturing.gathering.target import target_of
from aibro_jupyter.capturing.proving.sampling import sampled
from aibro_jupyter.capturing.session.notebook import Notebook
from aibro_jupyter.capturing.writing.build import build, write_manifest
from aibro_jupyter.repo.bundle import pack

ROUNDS = 3
LOADS = "import predict; predict.load_model()"
"""The least that a proof can be: a fresh process with the repo, ready for a request."""
ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "capturing" / "cases"
NOTEBOOKS = {
    "a rule": ("def predict(x):\n    return x * 2 + 1\n", 3),
    "a table of words": (
        "import re\nWORDS = {'good': 1, 'bad': -1, 'fine': 1}\ndef tokens(text):\n"
        "    return re.findall(r'\\w+', text)\ndef predict(text):\n"
        "    return sum(WORDS.get(word, 0) for word in tokens(text))\n",
        "a good day",
    ),
    "a linear model": (
        "import numpy as np\nfrom sklearn.linear_model import LinearRegression\n"
        "X = np.random.default_rng(0).normal(size=(500, 20))\nmodel = LinearRegression().fit(X, X[:, 0])\n"
        "def predict(rows):\n    return model.predict(np.array(rows)).tolist()\n",
        [[0.5] * 20],
    ),
    "a pipeline": (
        "import numpy as np\nfrom sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "from sklearn.linear_model import LogisticRegression\nX = np.random.default_rng(0).normal(size=(500, 20))\n"
        "pipe = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, X[:, 0] > 0)\n"
        "def clean(rows):\n    return np.nan_to_num(np.array(rows))\n"
        "def predict(rows):\n    return pipe.predict(clean(rows)).tolist()\n",
        [[0.5] * 20],
    ),
    "a forest": (
        "import numpy as np\nfrom sklearn.ensemble import RandomForestClassifier\n"
        "X = np.random.default_rng(0).normal(size=(1000, 10))\n"
        "forest = RandomForestClassifier(100, random_state=0).fit(X, X[:, 0] > 0)\n"
        "def predict(rows):\n    return forest.predict(np.array(rows)).tolist()\n",
        [[0.5] * 10],
    ),
    "columns of a training frame": (
        "import numpy as np\nimport pandas as pd\nfrom sklearn.tree import DecisionTreeRegressor\n"
        "df = pd.DataFrame(np.random.default_rng(0).normal(size=(20_000, 12)), columns=[f'c{i}' for i in range(12)])\n"
        "tree = DecisionTreeRegressor(max_depth=5).fit(df, df['c0'])\n"
        "def predict(rows):\n    return tree.predict(pd.DataFrame(rows)[df.columns]).tolist()\n",
        [{f"c{i}": 0.5 for i in range(12)}],
    ),
    "gradient boosting": (
        "import numpy as np\nfrom lightgbm import LGBMRegressor\nX = np.random.default_rng(0).normal(size=(1000, 10))\n"
        "booster = LGBMRegressor(n_estimators=100, verbose=-1).fit(X, X[:, 0])\n"
        "def predict(rows):\n    return booster.predict(np.array(rows)).tolist()\n",
        [[0.5] * 10],
    ),
    "a class of its own": (
        "import numpy as np\nclass Scaler:\n    '''Centre and scale.'''\n    def __init__(self, X):\n"
        "        self.mean, self.scale = X.mean(0), X.std(0)\n    def __call__(self, rows):\n"
        "        return (np.array(rows) - self.mean) / self.scale\n"
        "scaler = Scaler(np.random.default_rng(0).normal(size=(1000, 50)))\n"
        "def predict(rows):\n    return scaler(rows).tolist()\n",
        [[0.5] * 50],
    ),
}
"""Name -> (cells, sample)."""


def notebook(name: str, source: str) -> dict[str, Any]:
    """Run a notebook's code as the main module of this process, whose functions cloudpickle takes by value."""
    import linecache

    file = f"<{name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    exec(compile(source, file, "exec"), vars(module))
    return vars(module)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Of some work: how long it took, and how long processors worked for it, here and in children that ended."""

    wall_s: float
    cpu_s: float


def median_taken(*works: Callable[[], Any]) -> list[Taken]:
    """Do several things in turn, for several rounds, so that what else the machine does slows all of them alike."""
    walls: list[list[float]] = [[] for _ in works]
    cpus: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for place, work in enumerate(works):
            before, began = sum(os.times()[:4]), time.perf_counter()
            work()
            walls[place].append(time.perf_counter() - began)
            cpus[place].append(sum(os.times()[:4]) - before)
    pairs = zip(walls, cpus, strict=True)
    return [Taken(wall_s=statistics.median(wall), cpu_s=statistics.median(cpu)) for wall, cpu in pairs]


def median_s(work: Callable[[], Any]) -> float:
    return median_taken(work)[0].wall_s


def built(names: dict[str, Any], sample: Any, place: Path) -> Path:
    """Capture without the proof, as far as that is: the repo as it would be written."""
    root = Path(tempfile.mkdtemp(dir=place))
    asked = Asked(target=target_of(names["predict"], names), notebook=Notebook(names), name="predict")
    inputs = sampled(asked, sample, None).inputs
    write_manifest(asked, inputs, build(asked, inputs, root), None)
    return root


def weight(repo: Path, *, everything: bool) -> int:
    """Return the bytes of a repo's files; not everything: of its code and its saved values."""
    files = [path for path in repo.rglob("*") if path.is_file()]
    own = [path for path in files if path.suffix == ".py" or path.parent.name == "model"]
    return sum(path.stat().st_size for path in (files if everything else own))


def measured(name: str, source: str, sample: Any, place: Path) -> dict[str, Any]:
    names = notebook(name, source)
    repo = built(names, sample, place)
    pickled = cloudpickle.dumps(names["predict"])
    whole = capture(names["predict"], place / "proved", sample, namespace=names)
    proved, loaded = median_taken(
        lambda: capture(names["predict"], place / "proved", sample, namespace=names),
        lambda: subprocess.run([sys.executable, "-c", LOADS], cwd=whole.path, check=True),
    )
    return {
        "notebook": name,
        "repo_bytes": weight(repo, everything=True),
        "own_bytes": weight(repo, everything=False),
        "pickle_bytes": len(pickled),
        "bundle_bytes": pack(repo, place).size,
        "cloudpickle_bytes": len(gzip.compress(pickled, 9)),
        "capture_s": median_s(lambda: built(names, sample, place)),
        "cloudpickle_s": median_s(lambda: cloudpickle.dumps(names["predict"])),
        "proof_s": proved.wall_s,
        "load_s": loaded.wall_s,
        "proof_to_load": proved.wall_s / loaded.wall_s,
        "proof_to_load_cpu": proved.cpu_s / loaded.cpu_s,
        "equal": whole.proof.equal,
    }


def cases() -> dict[str, Any]:
    """Run the tests named after the 54 cases and say how many work, are refused well, or fail."""
    report = Path(tempfile.mkdtemp()) / "cases.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", str(CASES)]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    from xml.etree import ElementTree

    outcome: dict[int, bool] = {}
    for test in ElementTree.parse(report).iter("testcase"):
        found = re.search(r"case_(\d+)", test.get("name", ""))
        if found:
            number = int(found[1])
            held = test.find("failure") is None and test.find("error") is None
            outcome[number] = outcome.get(number, True) and held
    refused = {18, 20, 21, 22, 39}
    """Those whose expected behaviour is a refusal that names variable and cell."""
    return {
        "cases": len(outcome),
        "work": sum(held and number not in refused for number, held in outcome.items()),
        "refused_well": sum(held and number in refused for number, held in outcome.items()),
        "fail": sorted(number for number, held in outcome.items() if not held),
        "no_test": sorted(set(range(1, 55)) - set(outcome)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", action="store_true", help="run the tests of the 54 cases too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        rows = [measured(name, *given, Path(place)) for name, given in NOTEBOOKS.items()]
    heads = (
        "repo",
        "code+state",
        "pickle",
        "bundle",
        "pickle.gz",
        "capture",
        "cloudpickle",
        "with proof",
        "load",
        "ratio",
        "of cpu",
    )
    print(f"{'':<28}" + "".join(f"{head:>12}" for head in heads))
    for row in rows:
        keys = ("repo_bytes", "own_bytes", "pickle_bytes", "bundle_bytes", "cloudpickle_bytes")
        cells = [f"{row[key]:,}" for key in keys]
        cells += [f"{row[key] * 1000:.1f} ms" for key in ("capture_s", "cloudpickle_s")]
        cells += [f"{row['proof_s']:.2f} s", f"{row['load_s']:.2f} s"]
        cells += [f"{row['proof_to_load']:.2f}", f"{row['proof_to_load_cpu']:.2f}"]
        print(f"{row['notebook']:<28}" + "".join(f"{cell:>12}" for cell in cells))

    def ratio(ours: str, theirs: str) -> float:
        return float(round(statistics.median(row[ours] / row[theirs] for row in rows), 3))

    summary: dict[str, Any] = {
        "repo_to_pickle": ratio("repo_bytes", "pickle_bytes"),
        "code_and_state_to_pickle": ratio("own_bytes", "pickle_bytes"),
        "bundle_to_compressed_pickle": ratio("bundle_bytes", "cloudpickle_bytes"),
        "slowest_capture_s": round(max(row["capture_s"] for row in rows), 3),
        "median_capture_s": round(statistics.median(row["capture_s"] for row in rows), 3),
        "median_proof_s": round(statistics.median(row["proof_s"] for row in rows), 3),
        "median_proof_to_load": round(statistics.median(row["proof_to_load"] for row in rows), 2),
        "median_proof_to_load_cpu": round(statistics.median(row["proof_to_load_cpu"] for row in rows), 2),
    }
    if options.cases:
        summary["cases"] = cases()
    print(json.dumps(summary, indent=1))


if __name__ == "__main__":
    main()
