"""The written requirements: optional back-ends that were used, and where a package came from."""

from __future__ import annotations

import gzip
import importlib
import json
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from aibro_jupyter.capturing.proving.proof import Proof
from aibro_jupyter.capturing.writing.backends import Backends, perhaps_needless, really_needed, used_backends
from aibro_jupyter.capturing.writing.distributions import distributions_of
from aibro_jupyter.capturing.writing.requirements import modules_named_in, requirements_of
from tests.capturing.kernel import Kernel

Install = Callable[..., str]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package of one module into a folder of its own, as an installer would have left it."""
    sys.path.insert(0, str(tmp_path))

    def install(
        name: str,
        version: str,
        *,
        direct: dict[str, Any] | None = None,
        installer: str = "pip",
        requires: tuple[str, ...] = (),
    ) -> str:
        (tmp_path / f"{name}.py").write_text("")
        info = tmp_path / f"{name}-{version}.dist-info"
        info.mkdir()
        needs = "".join(f"Requires-Dist: {line}\n" for line in requires)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
        (info / "INSTALLER").write_text(f"{installer}\n")
        (info / "RECORD").write_text(f"{name}.py,,\n")
        (info / "top_level.txt").write_text(f"{name}\n")
        if direct:
            (info / "direct_url.json").write_text(json.dumps(direct))
        monkeypatch.setitem(sys.modules, name, __import__(name))
        return name

    yield install
    sys.path.remove(str(tmp_path))


def test_conda_packages_are_pinned_by_version_and_told(site: Install) -> None:
    built = {"url": "file:///home/conda/feedstock_root/build/work", "dir_info": {}}
    found = requirements_of([site("conda_thing", "1.2", direct=built, installer="conda")])
    assert found.lines == ("conda_thing==1.2",)
    assert "conda installed it" in found.notes.warnings[0]
    assert not found.notes.culprits


def test_a_package_from_a_folder_is_refused_by_name(site: Install, tmp_path: Path) -> None:
    folder = {"url": (tmp_path / "code").as_uri(), "dir_info": {}}
    found = requirements_of([site("folder_thing", "1.0", direct=folder)])
    assert found.lines == ()
    assert "folder_thing is installed from the folder" in found.notes.culprits[0].reason


def test_a_package_from_a_wheel_on_this_machine_is_refused_by_name(site: Install, tmp_path: Path) -> None:
    wheel = tmp_path / "wheel thing-1.0-py3-none-any.whl"
    found = requirements_of([site("wheel_thing", "1.0", direct={"url": wheel.as_uri(), "archive_info": {}})])
    assert found.lines == ()
    assert f"wheel_thing is installed from the file {wheel.name}" in found.notes.culprits[0].reason
    elsewhere = {"url": "https://example.invalid/far_thing-1.0-py3-none-any.whl", "archive_info": {}}
    assert requirements_of([site("far_thing", "1.0", direct=elsewhere)]).lines == (f"far_thing @ {elsewhere['url']}",)


@pytest.mark.parametrize("packed", [bytes, gzip.compress, zlib.compress], ids=["plain", "gzip", "zlib"])
def test_a_large_pickle_is_looked_through_piece_by_piece(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    piece = 2**20
    start = b"\x80\x04" + bytes(piece - 10)
    for name in ("numpy", "sklearn", "pandas"):
        importlib.import_module(name)
    across = start + b" numpy.core" + bytes(30 * piece) + b"sklearn.tree" + bytes(piece) + b"xpandas.core"
    assert len(start) < piece < len(start) + len(" numpy.core"), "the name lies across two pieces"
    file = tmp_path / "large.pkl"
    file.write_bytes(packed(across))
    del across, start
    tracemalloc.start()
    found = modules_named_in(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == ["numpy", "sklearn"]
    assert peak < 12 * piece


def test_what_is_no_pickle_names_no_modules(tmp_path: Path) -> None:
    file = tmp_path / "text.bin"
    for content in (
        b"",
        b"\x80",
        b"\x1f\x8b",
        b"numpy.core",
        gzip.compress(b"numpy.core"),
        b"\x78\x9cbroken numpy.core",
    ):
        file.write_bytes(content)
        assert modules_named_in(file) == [], content
    file = file.with_suffix(".pkl")
    file.write_bytes(gzip.compress(b"\x80\x04 numpy.core" + bytes(range(256)) * 9)[:-20])
    assert modules_named_in(file) == ["numpy"], "a damaged end"


def test_a_package_from_a_pushed_checkout_is_its_commit(site: Install, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()

    def git(*words: str) -> str:
        who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
        done = subprocess.run(["git", "-C", str(code), *who, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "--quiet")
    (code / "a.txt").write_text("a")
    git("add", ".")
    git("commit", "--quiet", "-m", "a")
    git("remote", "add", "origin", "https://example.invalid/team/code.git")
    commit = git("rev-parse", "HEAD")
    direct = {"url": code.as_uri(), "dir_info": {"editable": True}}
    name = site("git_thing", "1.0", direct=direct)
    assert requirements_of([name]).notes.culprits, "its commit is nowhere but here"
    git("update-ref", "refs/remotes/origin/main", commit)
    assert requirements_of([name]).lines == (f"git_thing @ git+https://example.invalid/team/code.git@{commit}",)
    (code / "a.txt").write_text("changed since")
    assert requirements_of([name]).notes.culprits


def test_a_local_build_is_pinned_as_the_index_has_it(site: Install) -> None:
    found = requirements_of([site("local_thing", "2.0+cpu")])
    assert found.lines == ("local_thing==2.0",)
    assert "2.0+cpu is pinned as 2.0" in found.notes.warnings[0]


@pytest.mark.parametrize(
    ("installed", "running", "told"),
    [
        ("4.14.0.94", "4.14.0", False),
        ("1.2", "1.2.0", False),
        ("2.0+cpu", "2.0+cu121", False),
        ("2.1", "2.0", True),
        ("4.14.0.94", "4.13.0", True),
        ("2.0", "2.0rc1", True),
        ("2.0", "unknown", False),
    ],
)
def test_a_package_that_was_changed_under_the_kernel_is_told(
    site: Install, monkeypatch: pytest.MonkeyPatch, installed: str, running: str, told: bool
) -> None:
    name = site("moving_thing", installed)
    monkeypatch.setattr(sys.modules[name], "__version__", running, raising=False)
    warned = any("restart the kernel" in line for line in requirements_of([name]).notes.warnings)
    assert warned is told


def test_what_is_installed_is_looked_up_once_until_it_changes(
    site: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans: list[int] = []
    scan = metadata.packages_distributions

    def counted() -> object:
        scans.append(1)
        return scan()

    monkeypatch.setattr(metadata, "packages_distributions", counted)
    site("early_thing", "1.0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", str(tmp_path / "nowhere"), *sys.path])
    assert distributions_of("early_thing") == ["early_thing"]
    assert distributions_of("late_thing") == []
    (tmp_path / "aibro_repo").mkdir()
    assert used_backends([("early_thing", "numpy"), ("numpy", "early_thing")], ["early_thing", "numpy"]) == Backends()
    assert requirements_of(["numpy", "early_thing"]).versions["early_thing"] == "1.0"
    assert len(scans) == 1, "what is written beside the notebook installs nothing"
    site("late_thing", "1.0")
    assert distributions_of("late_thing") == ["late_thing"]
    assert len(scans) == 2


@pytest.mark.parametrize(
    ("imports", "known", "needed"),
    [
        ([("", "pandas"), ("pandas", "pyarrow")], ["pandas"], []),
        ([("", "pyarrow"), ("pandas", "pyarrow")], ["pandas"], ["pyarrow"]),
        ([("lightgbm", "sklearn"), ("lightgbm", "numpy")], ["lightgbm"], ["sklearn"]),
        ([("sklearn", "pandas"), ("stranger", "numpy")], ["sklearn"], []),
        ([("keras", "tensorflow"), ("keras", "torch")], ["keras", "torch"], ["tensorflow"]),
    ],
    ids=["what pandas only looks for", "what pandas needs now", "an extra of its own name", "others", "an engine"],
)
def test_back_ends_are_those_really_needed(imports: list[tuple[str, str]], known: list[str], needed: list[str]) -> None:
    used = used_backends(imports, known)
    assert [*used.needed, *used.extras] == needed


def test_an_extra_counts_where_its_own_marker_holds(site: Install) -> None:
    wanted = [site(name, "1.0") for name in ("draw_thing", "old_thing", "plain_thing", "other_thing")]
    site(
        "asking_thing",
        "1.0",
        requires=(
            "draw.thing[fast]>=1 ; extra == 'draw-thing' and python_version > '3'",
            "old_thing ; extra == 'old_thing' and python_version < '3'",
            "plain_thing ; extra == 'plain-thing' or python_version > '3'",
            "other_thing ; extra == 'another'",
        ),
    )
    used = used_backends([("asking_thing", name) for name in wanted], ["asking_thing"])
    assert (used.needed, used.extras) == ((), ("draw_thing",))


def test_what_may_be_needless_is_loaded_and_nothing_that_a_model_is_made_of(site: Install) -> None:
    drawn = [site(name, "1.0") for name in ("draw_thing", "base_thing", "own_thing", "gone_thing")]
    del sys.modules["gone_thing"]
    site("wide_thing", "1.0", requires=tuple(f"{name} ; extra == '{name}'" for name in drawn))
    model = type("Model", (), {"__module__": "base_thing"})()
    assert perhaps_needless(["wide_thing", "own_thing"], [model]) == ("draw_thing",)
    assert perhaps_needless([], []) == ()


def test_a_back_end_used_lazily_is_asked_for(notebook: Kernel) -> None:
    notebook.run(
        "import pandas as pd",
        "def table(rows):\n    return len(pd.DataFrame(rows).style.to_html()) > 100",
    )
    found = notebook.capture("table, sample=[{'a': 1}]")
    assert found.proved == 1
    assert any(line.lower().startswith("jinja2==") for line in found.told["requirements"])
    assert "but the proof used it" in found.warnings
    assert "jinja2" in found.files["requirements.txt"].lower()
    assert any(name.lower() == "jinja2" for name in found.manifest["packages"])


def test_a_module_imported_by_a_computed_name_is_asked_for(notebook: Kernel) -> None:
    notebook.run("import importlib\ndef rooted(x):\n    return float(importlib.import_module('num' + 'py').sqrt(x))")
    found = notebook.capture("rooted, sample=4.0")
    assert any(line.startswith("numpy==") for line in found.told["requirements"])


def test_sklearn_is_asked_for_with_a_wrapper_of_lightgbm(notebook: Kernel) -> None:
    notebook.run(
        """
        import numpy as np
        from lightgbm import LGBMRegressor
        X = np.arange(80.0).reshape(40, 2)
        model = LGBMRegressor(n_estimators=3, min_child_samples=2, verbose=-1).fit(X, X[:, 0])
        def predict(rows):
            return model.predict(np.array(rows)).tolist()
        """
    )
    found = notebook.capture("predict, sample=[[1.0, 2.0]]")
    assert found.proved == 1
    assert any(line.startswith("scikit-learn==") for line in found.told["requirements"])
    assert not any(line.startswith("pandas==") for line in found.told["requirements"])


@pytest.mark.parametrize(
    ("library", "train"),
    [
        ("lightgbm", "lightgbm.train({'verbose': -1, 'min_data_in_leaf': 2}, lightgbm.Dataset(X, X[:, 0]), 3)"),
        ("xgboost", "xgboost.train({}, xgboost.DMatrix(X, X[:, 0]), 3)"),
    ],
)
def test_what_a_library_imports_because_it_is_there_is_not_asked_for(
    notebook: Kernel, library: str, train: str
) -> None:
    wrapped = "rows" if library == "lightgbm" else "xgboost.DMatrix(rows)"
    notebook.run(
        f"import numpy as np, {library}\nX = np.arange(80.0).reshape(40, 2)\nmodel = {train}",
        f"def predict(rows):\n    rows = np.array(rows)\n    return model.predict({wrapped}).tolist()",
    )
    found = notebook.capture("predict, sample=[[1.0, 2.0]]")
    assert found.proved == 1
    named = [line.partition("==")[0] for line in found.told["requirements"]]
    assert library in [name.partition("-")[0] for name in named]
    assert not {"scikit-learn", "pandas"} & set(named), named


@pytest.mark.parametrize("calls", ["one(x)", "Parallel(n_jobs=2)(delayed(one)(x) for _ in range(2))[0]"])
def test_what_makes_another_answer_when_it_is_there_is_asked_for(notebook: Kernel, calls: str) -> None:
    notebook.run(
        "import lightgbm, pandas, sklearn\nfrom joblib import Parallel, delayed",
        "def one(x):\n    return lightgbm.compat.PANDAS_INSTALLED and x",
        f"def able(x):\n    return {calls}",
    )
    found = notebook.capture("able, sample=1")
    assert found.proved == 1
    assert any(line.startswith("pandas==") for line in found.told["requirements"])


@pytest.mark.parametrize(
    ("proofs", "kept"),
    [
        ([Proof(samples=1)], []),
        ([Proof(errors=("ImportError: draw it yourself",))], ["draw", "store"]),
        ([Proof(differs=("answer: 1, and 2",))], ["draw", "store"]),
        ([Proof(errors=("ModuleNotFoundError: No module named 'draw.art'",)), Proof(samples=1)], ["draw"]),
        ([Proof(errors=("x",), details="No module named 'draw'"), Proof(differs=("x",))], ["draw", "store"]),
    ],
    ids=["works without", "fails in other words", "answers otherwise", "misses one", "misses both, one by one"],
)
def test_an_extra_is_asked_for_if_a_proof_without_it_does_not_hold(proofs: list[Proof], kept: list[str]) -> None:
    left = iter(proofs)
    assert really_needed(["draw", "store"], [], lambda _without: next(left)) == kept
    assert list(left) == []


def test_what_a_model_is_made_of_needs_no_second_proof() -> None:
    tried: list[Sequence[str]] = []

    def without(modules: Sequence[str]) -> Proof:
        tried.append(modules)
        return Proof(samples=1)

    class Own(Kernel):
        """A class of a library, below one of another's."""

    assert really_needed(["tests", "draw"], [object.__new__(Own)], without) == ["tests"]
    assert tried == [["draw"]]


def test_verify_venv_repeats_the_proof_with_the_requirements_alone(notebook: Kernel, shared_envs: Path) -> None:
    notebook.run(
        f"import os\nos.environ['AIBRO_HOME'] = {str(shared_envs / 'home')!r}",
        "import numpy as np\nweights = np.arange(4.0)\ndef predict(x):\n    return float(weights @ np.array(x))",
    )
    found = notebook.capture("predict, sample=[1, 2, 3, 4], verify='venv'")
    venv = found.told["venv"]
    assert venv["equal"] == 1
    assert Path(found.told["path"], "requirements.txt").read_text().startswith("numpy==")
    assert venv["load_s"] > 0
