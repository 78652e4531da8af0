"""Local modules as the kernel has them: state that cells changed comes along, code that was edited since is refused."""

from __future__ import annotations

import zlib

import pytest

from tests.capturing.kernel import Kernel

CFG = """
import time
OPTS = {"scale": 1, "deep": {"a": 1}, "old": 0}
NAMES = ["a"]
ORDER = [3, 1, 2]
K = 3
KINDS = {"x"}
MEMO = {}
START = time.time()
TOOLS = []

class Model:
    k = 1
    table = {}

class Settings:
    def __init__(self):
        self.rate = 1

SETTINGS = Settings()

def configure(k):
    global K
    K = k
"""
FEATS = """
import MODULE_cfg as cfg
from MODULE_cfg import NAMES

def f(x):
    cfg.MEMO[x] = 1
    tools = [tool(x) for tool in cfg.TOOLS]
    return [x * cfg.OPTS["scale"], cfg.OPTS, NAMES, cfg.ORDER, cfg.K, sorted(cfg.KINDS), cfg.Model.k, cfg.Model.table,
            cfg.SETTINGS.rate, tools]
"""


def write_modules(notebook: Kernel, name: str) -> None:
    (notebook.folder / f"{name}_cfg.py").write_text(CFG)
    (notebook.folder / f"{name}_feats.py").write_text(FEATS.replace("MODULE", name))


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("cfg.OPTS['scale'] = 10", 'OPTS["scale"] = 10'),
        ("cfg.OPTS.update(scale=10, deep={'a': 2})", 'OPTS["deep"]["a"] = 2'),
        ("del cfg.OPTS['old']", '_cfg.OPTS["old"]'),
        ("cfg.NAMES.append('b')", 'NAMES.append("b")'),
        ("cfg.ORDER.sort()", "ORDER[:] = [1, 2, 3]"),
        ("setattr(cfg, 'K', 9)", "K = 9"),
        ("cfg.configure(11)", "K = 11"),
        ("cfg.KINDS |= {'y', 'z'}", 'KINDS.update({"y", "z"})'),
        ("cfg.Model.k = 5", "Model.k = 5"),
        ("cfg.Model.table['m'] = 3", 'Model.table["m"] = 3'),
        ("cfg.SETTINGS.rate = 0.5", "SETTINGS.rate = 0.5"),
        ("def tool(x):\n    return x + 1\ncfg.TOOLS.append(tool)", "TOOLS.append(tool)"),
    ],
)
def test_what_a_cell_changed_in_a_local_module_comes_along(notebook: Kernel, cell: str, kept: str) -> None:
    name = f"m{zlib.crc32(cell.encode())}"
    write_modules(notebook, name)
    notebook.run(f"import {name}_cfg as cfg", f"from {name}_feats import f", cell)
    notebook.run("def predict(x):\n    return f(x)", "predict(3)")
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told
    assert kept in made.predict, made.predict
    assert "START" not in made.predict
    assert "MEMO" not in made.predict
    assert "the notebook changed this in a local module" in made.warnings


def test_untouched_modules_add_nothing(notebook: Kernel) -> None:
    write_modules(notebook, "calm")
    notebook.run("from calm_feats import f", "def predict(x):\n    return f(x)")
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told
    assert "cfg" not in made.predict
    assert "changed" not in made.warnings


def test_a_constant_imported_before_it_was_changed_keeps_its_value(notebook: Kernel) -> None:
    write_modules(notebook, "twice")
    notebook.run(
        "import twice_cfg as cfg\ncfg.K = 7",
        "from twice_cfg import K",
        "from twice_feats import f\ndef predict(x):\n    return [K, f(x)]",
    )
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told
    assert "K = 7" in made.predict


def test_functions_and_classes_that_register_themselves_come_along(notebook: Kernel) -> None:
    notebook.run(
        """
        %%writefile plugs.py
        MODELS = {}

        def register(f):
            MODELS[f.__name__] = f
            return f

        class Base:
            kinds = []

            def __init_subclass__(cls):
                Base.kinds.append(cls)

        def run(name, x):
            return MODELS[name](x) + sum(kind().go(x) for kind in Base.kinds)
        """,
        "import plugs\nW = 2\n@plugs.register\ndef double(x):\n    return x * W",
        "class Mine(plugs.Base):\n    def go(self, x):\n        return x + 100",
        "def predict(x):\n    return plugs.run('double', x)",
    )
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told
    assert "@plugs.register\ndef double(x):" in made.predict
    assert "MODELS[" not in made.predict
    assert "kinds.append" not in made.predict


@pytest.mark.parametrize("into", ["return x * 3 + 0", "return x * 2 if x < 100 else -1"])
def test_a_module_edited_after_its_import_is_refused_until_it_is_reloaded(notebook: Kernel, into: str) -> None:
    name = f"edited{len(into)}"
    notebook.run(
        f"import pathlib, importlib\npathlib.Path('{name}.py').write_text('def f(x):\\n    return x * 2\\n')",
        f"from {name} import f",
        f"_ = pathlib.Path('{name}.py').write_text('def f(x):\\n    {into}\\n')",
        "def predict(x):\n    return f(x)",
    )
    made = notebook.capture("predict, sample=2")
    assert f"{name}.py was edited after it was imported" in made.refused, made.told
    assert "the older f()" in made.refused
    fix = made.told["fix"]
    assert fix.startswith(f"importlib.reload({name})"), fix
    notebook.run(f"import {name}\nimportlib.invalidate_caches()\n{fix.partition(',')[0]}", f"from {name} import f")
    assert notebook.capture("predict, sample=2").proved == 1


def test_a_comment_that_was_added_to_a_module_changes_nothing(notebook: Kernel) -> None:
    notebook.run(
        "import pathlib\npathlib.Path('noted.py').write_text('def f(x):\\n    return x * 2\\n')",
        "from noted import f",
        "_ = pathlib.Path('noted.py').write_text('# a comment\\n\\ndef f(x):\\n    # another\\n    return x * 2\\n')",
        "def predict(x):\n    return f(x)",
    )
    assert notebook.capture("predict, sample=2").proved == 1


def test_a_constant_edited_in_the_file_is_served_as_the_kernel_has_it(notebook: Kernel) -> None:
    notebook.run(
        "import pathlib\npathlib.Path('rates.py').write_text('RATE = 2\\ndef f(x):\\n    return x * RATE\\n')",
        "from rates import f",
        "_ = pathlib.Path('rates.py').write_text('RATE = 300\\ndef f(x):\\n    return x * RATE\\n')",
        "def predict(x):\n    return f(x)",
    )
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told
    assert "rates.RATE = 2" in made.predict


def test_state_that_no_text_can_carry_is_refused_by_module_attribute_and_cell(notebook: Kernel) -> None:
    notebook.run(
        "import pathlib\npathlib.Path('holds.py').write_text('MODEL = None\\ndef f(x):\\n    return MODEL(x)\\n')",
        "import holds, threading, functools\nheld = threading.Thread()",
        "class Odd:\n    def __call__(self, x):\n        return x\nholds.MODEL = Odd()",
        "def predict(x):\n    return holds.f(x)",
    )
    made = notebook.capture("predict, sample=2")
    assert "'holds.MODEL' (In[" in made.refused, made.told
    assert made.told["fix"].startswith("make it so in holds.py itself")


def test_a_package_that_only_a_value_names_is_compared_too(notebook: Kernel) -> None:
    package = notebook.folder / "scalers"
    package.mkdir()
    (package / "__init__.py").write_text("from .core import Scaler\n")
    (package / "core.py").write_text(
        "from . import settings\n\nclass Scaler:\n    def __init__(self, k):\n        self.k = k\n\n"
        "    def go(self, x):\n        return x * self.k * settings.RATE + sum(settings.EXTRA.values())\n"
    )
    (package / "settings.py").write_text("RATE = 2\nEXTRA: dict = {}\n")
    notebook.run(
        "import scalers\nfrom scalers import settings as st\ns = scalers.Scaler(3)",
        "st.RATE = 4\nst.EXTRA.setdefault('a', 1.5)\nscalers.Scaler.more = lambda self, x: self.go(x) + 1",
        "def predict(x):\n    return [s.go(x), s.more(x)]",
    )
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told
    assert 'scalers.settings.EXTRA["a"] = 1.5' in made.predict
    assert "scalers.Scaler.more = lambda self, x: self.go(x) + 1" in made.predict


def test_what_calls_left_in_a_module_is_not_taken_along(notebook: Kernel) -> None:
    (notebook.folder / "lazily.py").write_text(
        "_parts = {}\nCOUNT = 0\n\ndef f(x):\n    global COUNT\n    COUNT += 1\n    _parts.setdefault('one', 1)\n"
        "    return x + _parts['one']\n"
    )
    notebook.run("import lazily\ndef predict(x):\n    return lazily.f(x)", "predict(2)")
    made = notebook.capture("predict, sample=2")
    assert made.proved == 1, made.told
    assert "COUNT" not in made.predict
    assert "_parts" not in made.predict
    assert "lazily.COUNT: calls have changed it" in made.warnings
