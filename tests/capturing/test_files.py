"""Files that code opens: a folder from which a request chooses comes along, and what is only written does not."""

from __future__ import annotations

import pytest

from tests.capturing.kernel import Kernel

LANGUAGES = {"lang/en.json": '{"hi": "hello"}', "lang/de.json": '{"hi": "hallo"}', "lang/fr.txt": "salut"}


def _write(notebook: Kernel, files: dict[str, str]) -> None:
    for name, text in files.items():
        (notebook.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (notebook.folder / name).write_text(text)


@pytest.mark.parametrize(
    "body",
    [
        'json.loads((ART / f"{q}.json").read_text())',
        'json.load(open(f"lang/{q}.json"))',
        'json.load(open("lang/" + q + ".json"))',
        'json.load(open(os.path.join("lang", q + ".json")))',
        'json.load(open("lang/%s.json" % q))',
        'json.load(open("lang/{}.json".format(q)))',
        '[json.load(open(f)) for f in sorted(glob.glob("lang/*.json")) if q in f][0]',
        '[json.loads(f.read_text()) for f in ART.glob("*.json") if f.stem == q][0]',
        '[json.load(open(os.path.join("lang", f))) for f in os.listdir("lang") if f == q + ".json"][0]',
    ],
)
def test_a_folder_from_which_the_request_chooses_comes_along(notebook: Kernel, body: str) -> None:
    _write(notebook, LANGUAGES)
    notebook.run(
        "import glob, json, os\nfrom pathlib import Path\nART = Path('lang')",
        f"def predict(q):\n    return {body}['hi']",
    )
    made = notebook.capture("predict, samples=['en', 'de']")
    assert made.proved == 2, made.told
    assert {"lang/en.json", "lang/de.json"} <= set(made.files)
    assert "files copied into the repo, since a request decides which of them predict reads" in made.warnings


def test_what_no_name_tells_is_said_and_file_brings_it(notebook: Kernel) -> None:
    _write(notebook, {"en.json": '{"hi": "hello"}', "de.json": '{"hi": "hallo"}'})
    notebook.run("import json", "def predict(q):\n    return json.load(open(q + '.json'))['hi']")
    made = notebook.capture("predict, sample='en'")
    assert made.proved == 1, made.told
    assert "de.json" not in made.files
    assert "en.json: copied into the repo, since predict reads it on the sample" in made.warnings
    assert "--file GLOB brings the others" in made.warnings
    made = notebook.capture("predict, sample='en', files='*.json', out='all'")
    assert {"de.json", "en.json"} <= set(made.files), made.told
    assert "copied" not in made.warnings
    made = notebook.capture("predict, sample='en', files=['nothing/*']")
    assert "--file nothing/*" in made.refused
    assert made.told["fix"]


def test_of_files_too_large_to_come_unasked_nothing_is_said_once_they_are_asked_for(notebook: Kernel) -> None:
    _write(notebook, LANGUAGES)
    with (notebook.folder / "lang" / "large.json").open("wb") as file:
        file.truncate(210 * 2**20)
    notebook.run("import json", "def predict(q):\n    return json.load(open(f'lang/{q}.json'))['hi']")
    made = notebook.capture("predict, sample='en'")
    assert "only what it opens on the sample comes along; --file 'lang/*.json' brings all" in made.warnings, made.told
    assert "lang/de.json" not in made.files
    made = notebook.capture("predict, sample='en', files='lang/*.json', out='all'")
    assert {"lang/de.json", "lang/large.json"} <= set(made.told["files"]), made.told
    assert "brings all" not in made.warnings


def test_a_folder_asked_for_comes_whole_and_nothing_from_outside(notebook: Kernel) -> None:
    _write(notebook, {**LANGUAGES, "lang/.hidden": "no", "nb/x.py": ""})
    notebook.run("def predict(q):\n    return q")
    made = notebook.capture("predict, sample=1, files='lang'")
    assert {*LANGUAGES} <= set(made.files), made.told
    assert "lang/.hidden" not in made.files
    notebook.run("import os; os.chdir('nb')")
    assert "lies outside" in notebook.capture("predict, sample=1, files='../lang/*'").refused


@pytest.mark.parametrize(
    "body",
    [
        'open("served.log", "a").write(q)',
        'open(LOG, mode="w").write(q)',
        "LOG.write_text(q)",
        'open("served.log", "w+", encoding="utf-8").write(q)',
        'Path("served.log").open("w").write(q)',
        'pd.Series([q]).to_csv("served.log")',
        'logging.FileHandler("served.log").close()',
        '[open(p, "a").write(q) for p in ["served.log"]]',
    ],
)
def test_what_is_only_written_stays_behind(notebook: Kernel, body: str) -> None:
    _write(notebook, {"served.log": "Jane Doe asked\n"})
    notebook.run(
        "import logging, pandas as pd\nfrom pathlib import Path\nLOG = Path('served.log')",
        f"def predict(q):\n    {body}\n    return q",
    )
    made = notebook.capture("predict, sample='x'")
    (notebook.folder / "served.log").unlink()
    assert made.proved == 1, made.told
    if "for p in" not in body:
        assert "served.log: what predict writes there is lost when an instance ends" in made.warnings
        assert "is not copied" in made.warnings
        assert "served.log" not in made.files


def test_a_file_that_is_read_and_written_comes_along(notebook: Kernel) -> None:
    _write(notebook, {"seen.txt": "1"})
    notebook.run(
        "def predict(q):\n    n = len(open('seen.txt').read())\n    with open('seen.txt', 'w') as file:\n        file.write('1')\n    return n"
    )
    made = notebook.capture("predict, sample=1")
    assert made.proved == 1, made.told
    assert made.files["seen.txt"] == "1"


def test_the_folder_of_what_is_written_is_made(notebook: Kernel) -> None:
    _write(notebook, {"logs/old.log": "theirs"})
    notebook.run("def predict(q):\n    with open('logs/served.log', 'a') as file:\n        file.write(q)\n    return q")
    made = notebook.capture("predict, sample='x'")
    assert made.proved == 1, made.told
    assert 'os.makedirs("logs", exist_ok=True)  # predict writes there' in made.predict
    assert not [name for name in made.files if "log" in name]


@pytest.mark.parametrize("mode", ["w", "a"])
def test_advice_for_an_open_file_keeps_its_mode(notebook: Kernel, mode: str) -> None:
    notebook.run(f"log = open('served.log', '{mode}')", "def predict(q):\n    log.write(q)\n    return q")
    made = notebook.capture("predict, sample='x'")
    notebook.run("log.close()")
    call = made.told["fix"].partition(" inside")[0]
    assert call == f'open("served.log", "{mode}")', made.told
    assert "is lost" in made.told["fix"]
    notebook.run(f"def predict(q):\n    with {call} as log:\n        log.write(q)\n    return q")
    assert notebook.capture("predict, sample='x'").proved == 1
