"""The reference, "dryrun"."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from aibro_jupyter.errors import AibroError
from aibro_jupyter.inference import Inference


def test_a_dry_run_needs_only_the_artifacts_and_says_passed(repo: Path, seed_home: Path) -> None:
    """ "testing if inference result can be successfully returned"; "DRYRUN TEST: passed"."""
    assert Inference.deploy(artifacts_path=str(repo), dryrun=True) == "DRYRUN TEST: passed"


@pytest.mark.parametrize("missing", ["predict.py", "requirements.txt"])
def test_the_structure_is_checked(repo: Path, seed_home: Path, tmp_path: Path, missing: str) -> None:
    """ "deploy() would start validating the repo structure"."""
    broken = tmp_path / "broken"
    shutil.copytree(repo, broken)
    (broken / missing).unlink()
    with pytest.raises(AibroError, match=missing):
        Inference.deploy(artifacts_path=str(broken), dryrun=True)


def test_a_dry_run_says_what_failed(repo: Path, seed_home: Path, tmp_path: Path) -> None:
    """ "testing if inference result can be successfully returned"."""
    broken = tmp_path / "broken"
    shutil.copytree(repo, broken)
    (broken / "predict.py").write_text(
        "def load_model():\n    return 1\n\ndef run(model):\n    raise ValueError('no such day')\n"
    )
    with pytest.raises(AibroError) as caught:
        Inference.deploy(artifacts_path=str(broken), dryrun=True)
    assert "no such day" in "\n".join(caught.value.story())
