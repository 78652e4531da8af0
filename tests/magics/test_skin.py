"""The magics as a skin: words, errors, completion, coming and going. No backend runs here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from aibro_jupyter.jupyter import magics
from aibro_jupyter.jupyter.line import begin_in_cell, expanded, words_of
from aibro_jupyter.jupyter.magics import Refused
from aibro_jupyter.views import watch


def completions(shell: InteractiveShell, text: str) -> set[str]:
    with provisionalcompleter():
        return {text[: found.start] + found.text for found in shell.Completer.completions(text, len(text))}


def aibro(shell: InteractiveShell, line: str) -> Any:
    return shell.run_line_magic("aibro", line)


def test_help_names_every_verb(ip: InteractiveShell) -> None:
    shown = aibro(ip, "help").text()
    assert "deploy" in shown
    assert "doctor" in shown
    assert "--cool-down" in aibro(ip, "deploy --help").text()


def test_reading_starts_no_backend(ip: InteractiveShell, tmp_path: Path) -> None:
    assert aibro(ip, "status").text() == "no backend runs: `%aibro up` starts one"
    assert "c5.large.od" in aibro(ip, "machines c5.").text()
    with pytest.raises(Refused, match="no backend runs"):
        aibro(ip, "cost iris")
    assert not (tmp_path / "home" / "run").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("stop iris", "did you mean `%aibro complete iris`?"),
        ("deploy", "which function?"),
        ("deploy nowhere", "nothing here is called 'nowhere'"),
        ("deploy 1+1", "is no function but int"),
        ("deploy len --machine c5.large", "has to be on-demand"),
        ("deploy len --cool-down soon", "is no duration"),
        ("deploy len --sample 1/0", "raised ZeroDivisionError"),
        ("deploy --description Ana's", "No closing quotation"),
        ("explain nonsense", "no error has the code 'nonsense'"),
    ],
)
def test_a_mistake_is_a_few_clear_lines_without_a_traceback(ip: InteractiveShell, line: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        aibro(ip, line)
    shown = caught.value._render_traceback_()
    assert said in "\n".join(shown)
    assert len(shown) <= 6
    assert "Traceback" not in "\n".join(shown)


def test_a_misspelled_function_names_the_nearest(ip: InteractiveShell) -> None:
    ip.user_ns["predict_iris"] = len
    with pytest.raises(Refused, match="did you mean predict_iris"):
        aibro(ip, "deploy predict_irs")


def test_explain_says_what_a_code_means(ip: InteractiveShell) -> None:
    assert "active job already has that model name" in aibro(ip, "explain name-taken").text()
    assert "bad-machine" in aibro(ip, "explain").text()


def test_options_expand_braces_and_expressions_stay_themselves() -> None:
    names = {"n": "iris", "seconds": 60}
    words = [
        "deploy",
        "f{n}",
        "--name",
        "{n}-v{seconds + 1}",
        "--sample",
        "{n}",
        "--machine",
        '{"standby": "c5.large.od"}',
    ]
    assert expanded(words, names) == ["deploy", "f{n}", "--name", "iris-v61", *words[4:]]
    assert expanded(["deploy", "f", "--sample={n}"], names) == ["deploy", "f", "--sample={n}"]
    assert expanded(["status", "{n}"], names) == ["status", "iris"]


LINES = {
    "plain words": ("deploy f --name iris", ["deploy", "f", "--name", "iris"]),
    "quotes": ("""deploy f --sample "X[:5]" --description 'two words'""", ["deploy", "f", "--sample", "X[:5]", "--description", "two words"]),
    "an expression as it is": ("""deploy f --sample df[["a", "b c"]].head(2)""", ["deploy", "f", "--sample", """df[["a", "b c"]].head(2)"""]),
    "a dictionary as it is": ("""deploy f --machine {"standby": "c5.large.od"}""", ["deploy", "f", "--machine", """{"standby": "c5.large.od"}"""]),
    "a function found by key": ("deploy models['a'] --name a", ["deploy", "models['a']", "--name", "a"]),
    "brackets that do not match are characters": ("""deploy f --description ":-(" --client a(b""", ["deploy", "f", "--description", ":-(", "--client", "a(b"]),
    "nothing in quotes": ("""deploy f --description "" --client a""", ["deploy", "f", "--description", "", "--client", "a"]),
    "glued to its option": ("deploy f --sample=X[:5]", ["deploy", "f", "--sample=X[:5]"]),
    "a backslash": ("deploy f --name a\\ b", ["deploy", "f", "--name", "a b"]),
    "nothing": ("", []),
}  # fmt: skip


@pytest.mark.parametrize(("line", "words"), LINES.values(), ids=LINES.keys())
def test_a_line_becomes_words(line: str, words: list[str]) -> None:
    assert words_of(line) == words


def test_a_deploy_cell_becomes_a_line_that_remembers_it_and_the_rest_of_the_cell() -> None:
    lines = ["%%aibro deploy --name iris\n", "def run(model, data):\n", "    return 1\n"]
    first, *rest = begin_in_cell(lines)
    assert first.startswith("get_ipython().run_line_magic('aibro_begin', 'deploy --name iris")
    assert rest == lines[1:]
    assert begin_in_cell(["x = 1\n"]) == ["x = 1\n"]
    assert begin_in_cell(["%%aibro deploy --help\n"]) == ["%%aibro deploy --help\n"]


@pytest.mark.parametrize(
    ("cell", "chosen"),
    [
        ("def f(x):\n    return x\n", "f"),
        ("def g(x):\n    return x\ndef run(model, data):\n    return g(data)\n", "run"),
        ("%time x = 1\ndef f(x):\n    return x\n", "f"),
    ],
)
def test_a_cells_function_is_run_or_its_only_one(ip: InteractiveShell, cell: str, chosen: str) -> None:
    words = magics._LOADED[id(ip)]._deploying(["deploy", "--name", "n"], cell)
    assert words == ["deploy", chosen, "--name", "n"]


@pytest.mark.parametrize("cell", ["x = 1\n", "def f(x): ...\ndef g(x): ...\n"])
def test_a_cell_with_none_or_several_functions_asks_which(ip: InteractiveShell, cell: str) -> None:
    with pytest.raises(Refused, match="name the one"):
        magics._LOADED[id(ip)]._deploying(["deploy"], cell)


def test_the_cell_runs_even_if_what_follows_is_refused(ip: InteractiveShell) -> None:
    result = ip.run_cell("%%aibro deploy --machine c5.large\ndef f(x):\n    return x\ny = f(2)\n")
    assert ip.user_ns["y"] == 2
    assert isinstance(result.error_in_exec, Refused)


def test_a_mistake_in_a_cells_options_is_told_before_the_cell_runs(ip: InteractiveShell) -> None:
    result = ip.run_cell("%%aibro deploy --machin c5.large.od\ndef f(x):\n    return x\nran = True\n")
    assert isinstance(result.error_in_exec, Refused)
    assert "ran" not in ip.user_ns
    assert "--cool-down" in ip.run_cell("%%aibro deploy --help\nx = 1").result.text()


def test_a_cell_that_fails_deploys_nothing_and_the_next_cell_is_itself_again(ip: InteractiveShell) -> None:
    result = ip.run_cell("%%aibro deploy\ndef f(x):\n    return x\n1/0\n")
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    assert ip.run_cell("2 + 2").result == 4


def test_tab_offers_verbs_options_machines_and_functions(ip: InteractiveShell) -> None:
    ip.run_cell("def my_predict(x):\n    return x")
    for typed, whole in {
        "%aibro dep": "%aibro deploy",
        "%aibro deploy my_predict --coo": "%aibro deploy my_predict --cooling",
        "%aibro deploy f --cooling g4dn.4": "%aibro deploy f --cooling g4dn.4xlarge.od",
        "%aibro deploy my_": "%aibro deploy my_predict",
        "%%aibro deploy my_": "%%aibro deploy my_predict",
        "%aibro help doc": "%aibro help doctor",
    }.items():
        assert whole in completions(ip, typed), typed


def test_unloading_undoes_everything(shell: InteractiveShell) -> None:
    before = (
        list(shell.input_transformers_cleanup),
        list(shell.Completer.custom_matchers),
        list(shell.events.callbacks["post_run_cell"]),
        {kind: set(found) for kind, found in shell.magics_manager.magics.items()},
    )
    shell.run_line_magic("load_ext", "aibro_jupyter")
    shell.run_line_magic("reload_ext", "aibro_jupyter")
    assert "aibro" in shell.magics_manager.magics["line"]
    shell.run_line_magic("unload_ext", "aibro_jupyter")
    after = (
        list(shell.input_transformers_cleanup),
        list(shell.Completer.custom_matchers),
        list(shell.events.callbacks["post_run_cell"]),
        {kind: set(found) for kind, found in shell.magics_manager.magics.items()},
    )
    assert after == before
    assert watch._CHOSEN == []


def test_a_server_without_the_sidebar_gets_the_pip_line(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "x.ipynb")
    monkeypatch.setattr("aibro_jupyter.jupyter.magics.labextension_installed", lambda: False)
    shell.run_line_magic("load_ext", "aibro_jupyter")
    shell.run_line_magic("unload_ext", "aibro_jupyter")
    assert "-m pip install aibro_jupyter" in capsys.readouterr().out
