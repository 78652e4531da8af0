"""A third party's saver: a real distribution with an entry point, installed into a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from aibro_jupyter.capturing.values.savers import registry
from aibro_jupyter.capturing.values.savers.objects import ObjectSaver
from tests.capturing.kernel import Kernel

SAVER = """
from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, shown


class Rule:
    def __init__(self, words):
        self.words = words


class RuleSaver(Saver):
    def handles(self, value):
        return isinstance(value, Rule)

    def save(self, value, stem):
        path = stem.with_name(stem.name + ".rule")
        path.write_text("\\n".join(value.words))
        load = f'{{name}} = rules.Rule(open("{shown(path)}").read().splitlines())'
        return Saved(files=(path,), load=load, imports=("import rules",), warnings=("kept as a rule file",))
"""
PROJECT = """
[project]
name = "tiny-rules"
version = "1.0"
[project.entry-points."aibro_jupyter.savers"]
rules = "rules:RuleSaver"
[tool.hatch.build.targets.wheel]
include = ["rules.py"]
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""


def test_a_distribution_adds_a_saver(tmp_path: Path) -> None:
    source, place, notebook = tmp_path / "source", tmp_path / "place", tmp_path / "notebook"
    source.mkdir()
    notebook.mkdir()
    (source / "rules.py").write_text(SAVER)
    (source / "pyproject.toml").write_text(PROJECT)
    install = ["-m", "uv", "pip", "install", "--quiet", "--no-deps", "--target", str(place), str(source)]
    subprocess.run([sys.executable, *install], check=True)
    os.environ["PYTHONPATH"] = str(place)
    try:
        kernel = Kernel()
    finally:
        del os.environ["PYTHONPATH"]
    try:
        kernel.fresh(notebook)
        kernel.run("import rules\nrule = rules.Rule(['a', 'b'])\ndef predict(x):\n    return x in rule.words")
        kernel.run(
            "from aibro_jupyter.capturing.values.savers import registry\nfrom pathlib import Path\nPath('model').mkdir()",
            "saved = registry.save(rule, Path('model/rule'))",
        )
        assert "kept as a rule file" in kernel.run("print(saved.warnings)")
        assert kernel.run("print(saved.load.replace('{name}', 'r'))").startswith("r = rules.Rule(")
        assert kernel.run("exec(saved.load.replace('{name}', 'r')); print(r.words)").strip() == "['a', 'b']"
    finally:
        kernel.close()


def test_no_framework_is_imported_by_looking_at_a_value() -> None:
    code = (
        "import sys; from aibro_jupyter.capturing.values.savers import registry; import pathlib, tempfile\n"
        "registry.save({'a': [object]}, pathlib.Path(tempfile.mkdtemp()) / 'x'); registry.inside(pathlib.Path())\n"
        "print([m for m in ('numpy', 'torch', 'keras', 'sklearn', 'pandas', 'spacy', 'xgboost') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_the_last_resort_names_what_it_pickles(tmp_path: Path) -> None:
    saved = registry.save(ObjectSaver(), tmp_path / "odd")
    assert saved.files == (tmp_path / "odd.pkl",)
    assert "is kept as a pickle" in saved.warnings[0]


def test_devices_are_chosen_where_it_serves() -> None:
    code = (
        "import sys, types; sys.modules['torch'] = types.ModuleType('torch')\n"
        "from aibro_jupyter.capturing.values.values import literal\nprint(literal('cuda').text); print(literal('cudas').text)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines() == ['"cuda" if torch.cuda.is_available() else "cpu"', '"cudas"']
