"""A notebook as people run it: a real kernel, a real backend, and what is then saved in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
import requests
from nbclient import NotebookClient
from nbformat import NotebookNode

from aibro_jupyter.client.ensure import backend

REPO = Path(__file__).parents[1] / "repos" / "sentiment"
CELLS = {
    "load": "%load_ext aibro_jupyter",
    "define": "weights = {'good': 1, 'bad': -1}\n\ndef score(text):\n    return sum(weights.get(word, 0) for word in text.split())",
    "deploy": """%aibro deploy score --name mood --sample "'a good day'" """,
    "again": """%aibro deploy score --name mood --sample "'a good day'" """,
    "change": "weights['day'] = 5",
    "update": """job = %aibro deploy score --name mood --sample "'a good day'" --client team-a-7f3k2m9x4q8w1z5r6t0y3u8i""",
    "call": "job('a good day')",
    "url": "job.url",
    "status": "%aibro status mood",
    "clients": "%aibro clients mood",
    "refused": "%aibro deploy score --name mood --machine c5.huge.od",
    "cell": "%%aibro deploy --name shout\nimport asyncio\nawait asyncio.sleep(0)\ndef loud(text):\n    return text.upper()\nloud('x')",
    "python": "import aibro_jupyter\nquiet = aibro_jupyter.deploy(loud, name='loud', sample='abc')\nquiet('def')",
    "inference": f"from aibro_jupyter.inference import Inference\nInference.deploy('seeded', 'c5.large.od', {str(REPO)!r}, "
    "client_ids=['team-a-7f3k2m9x4q8w1z5r6t0y3u8i'])",
    "frame": "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2], 'b c': [3, 4]})\ndef add(df):\n    return (df['a'] + df['b c']).tolist()",
    "columns": """%aibro deploy add --machine {"standby": "c5.large.od"} --sample df[["a", "b c"]].head(1)""",
    "complete": "%aibro complete mood",
    "unload": "%unload_ext aibro_jupyter",
}


@pytest.fixture(scope="module")
def ran(magics_home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The notebook after it ran, by the name of its cells."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()])
    folder = tmp_path_factory.mktemp("book")
    NotebookClient(book, timeout=240, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()
    return dict(zip(CELLS, book.cells, strict=True)) | {"whole": book, "folder": folder}


def plain(cell: NotebookNode) -> str:
    """Return all that a person reads of a cell's output, as text."""
    parts = []
    for output in cell.outputs:
        match output.output_type:
            case "stream":
                parts.append(output.text)
            case "error":
                parts.append("\n".join(output.traceback))
            case _:
                parts.append(output.data.get("text/plain", ""))
    return "\n".join(parts)


def test_only_the_refused_cell_failed(ran: dict[str, Any]) -> None:
    failed = [name for name in CELLS if any(output.output_type == "error" for output in ran[name].outputs)]
    assert failed == ["refused"], {name: plain(ran[name]) for name in failed}


def test_a_deploy_leaves_the_card_and_no_widget(ran: dict[str, Any]) -> None:
    (output,) = ran["deploy"].outputs
    assert output.output_type == "display_data"
    assert set(output.data) == {"text/plain", "text/html"}
    assert output.data["text/plain"].startswith("✓ mood v1 is live on this computer")
    assert "score -> aibro_repo/" in output.data["text/plain"]
    assert (ran["folder"] / "aibro_repo" / "predict.py").exists()


def test_the_same_cell_again_is_already_live_and_a_changed_one_updates(ran: dict[str, Any]) -> None:
    assert "is already live on this computer, unchanged" in plain(ran["again"])
    assert "✓ mood v2 is updated and live" in plain(ran["update"])


def test_the_job_answers(ran: dict[str, Any]) -> None:
    assert plain(ran["call"]) == "6"


def test_nothing_saved_holds_a_client_id_or_a_token(ran: dict[str, Any], magics_home: Path) -> None:
    for name in CELLS:
        assert "7f3k2m9x4q8w1z5r6t0y3u8i" not in str(ran[name].outputs), name
        assert (magics_home / "token").read_text().strip() not in str(ran[name].outputs), name
    assert "team-a-••••" in plain(ran["url"])
    assert "team-a-••••" in plain(ran["clients"])


def test_an_error_is_a_few_lines_and_says_what_still_serves(ran: dict[str, Any]) -> None:
    lines = plain(ran["refused"]).splitlines()
    assert len(lines) <= 6
    assert "no machine is called 'c5.huge'" in lines[0]
    assert "mood v2 goes on serving" in lines[-1]
    assert "Traceback" not in "\n".join(lines)


def test_a_deploy_cell_awaits_keeps_its_result_and_deploys(ran: dict[str, Any]) -> None:
    shown = plain(ran["cell"])
    assert "'X'" in shown
    assert "✓ shout v1 is live" in shown
    url = backend(start=False).clients(backend(start=False).job_named("shout").job_id).urls[0]
    assert requests.post(url, data="hey", timeout=60).json() == "HEY"


def test_python_deploys_with_the_same_card(ran: dict[str, Any]) -> None:
    assert "✓ loud v1 is live" in plain(ran["python"])
    assert "'DEF'" in plain(ran["python"])


def test_the_references_deploy_shows_its_steps_and_a_masked_url(ran: dict[str, Any]) -> None:
    shown = plain(ran["inference"])
    assert "DEPLOYED MODEL ✓" in shown
    assert "/team-a-••••/seeded/predict'" in shown


def test_a_frame_is_deployed_by_an_unquoted_expression(ran: dict[str, Any]) -> None:
    assert "✓ add v1 is live" in plain(ran["columns"])


def test_status_and_complete(ran: dict[str, Any]) -> None:
    assert "DEPLOYED · DEPLOYED MODEL · 1 client" in plain(ran["status"])
    assert "✓ mood completed" in plain(ran["complete"])
