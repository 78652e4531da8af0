"""The reference, "deploy()"."""

from __future__ import annotations

import inspect
import shutil
from pathlib import Path
from typing import Any

import pytest
import requests

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.ensure import daemon_info
from aibro_jupyter.errors import BadRequest, NameTaken, Unauthorized
from aibro_jupyter.home import home
from aibro_jupyter.inference import Inference
from tests.seed.conftest import Deploy

PARAMETERS: dict[str, object] = {
    "model_name": None,
    "machine_id_config": None,
    "artifacts_path": None,
    "dryrun": False,
    "cool_down_period_s": 600,
    "client_ids": [],
    "access_token": None,
    "description": "",
    "wait_request_s": 30,
}
BOTH = {"standby": "c5.large.od", "cooling": "g4dn.4xlarge.od"}


def test_the_parameters_are_the_references_in_its_order_with_its_defaults() -> None:
    """ "dryrun: bool = False, cool_down_period_s: int = 600, …"; ours are keyword-only after them."""
    found = inspect.signature(Inference.deploy).parameters
    theirs = {name: p.default for name, p in found.items() if p.kind is not inspect.Parameter.KEYWORD_ONLY}
    assert theirs == PARAMETERS
    assert list(theirs) == list(PARAMETERS)
    assert inspect.signature(Inference.deploy).return_annotation == "str"
    assert isinstance(inspect.getattr_static(Inference, "deploy"), staticmethod)


def test_deploy_returns_the_api_url_and_the_api_answers(control: ControlClient, mood: str) -> None:
    """ "If there is no client id, the inference job becomes public."."""
    username = control.status().username
    assert isinstance(mood, str)
    assert mood.endswith(f"/v1/{username}/public/mood/predict")
    answer = requests.post(mood, data="what a good day", timeout=60)
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Aibro-Served-By"].startswith("standby")


def test_a_model_name_of_an_active_job_is_refused(repo: Path, mood: str) -> None:
    """ "the model name should be unique respect to the model names from all active inference jobs"."""
    with pytest.raises(NameTaken):
        Inference.deploy("mood", "c5.large.od", str(repo))


def test_the_options_are_the_jobs(control: ControlClient, deployed: Deploy) -> None:
    """ "cool_down_period_s: int = 600", "description: The description used to remind …"."""
    deployed("options", machine_id_config=BOTH, cool_down_period_s=77, description="mine")
    job = control.job_named("options")
    spec = job.versions[0].spec
    assert (spec.cool_down_period_s, job.description) == (77, "mine")
    assert (spec.machines.standby, spec.machines.cooling) == ("c5.large", "g4dn.4xlarge")


def test_wait_request_s_is_taken(deployed: Deploy) -> None:
    """ "The time in seconds used to wait for instance request to be fulfilled."."""
    assert deployed("patient", wait_request_s=120)


def test_the_embedded_backend_asks_for_nothing(
    repo: Path, seed_home: Path, mood: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "access_token: … If its value is None, email and password would be required": not here, a named deviation."""
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("it asked"))
    monkeypatch.setattr("getpass.getpass", lambda *_: pytest.fail("it asked"))
    assert Inference.list_clients(model_name="mood", access_token="secret_ignored") == []
    assert (seed_home / "token").stat().st_mode & 0o077 == 0


def test_a_shared_backend_takes_the_access_token(
    control: ControlClient, seed_home: Path, mood: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """ "access_token: The access token used in authentication."."""
    info = daemon_info(home())
    assert info is not None
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("AIBRO_URL", info.control_url)
    assert Inference.list_clients(model_name="mood", access_token=info.token) == []
    for wrong in ("secret_wrong", None):
        with pytest.raises(Unauthorized):
            Inference.list_clients(model_name="mood", access_token=wrong)


def test_a_list_of_artifacts_is_recreated_as_aibro_repo_under_the_home(
    control: ControlClient, repo: Path, seed_home: Path, tmp_path: Path
) -> None:
    """ "AIbro would combine and recreate a model repo called `aibro_repo` under the root path of aibro library"."""
    theirs = tmp_path / "mine"
    shutil.copytree(repo, theirs)
    url = Inference.deploy("listed", "c5.large.od", [str(path) for path in sorted(theirs.iterdir())])
    try:
        assert (seed_home / "aibro_repo" / "predict.py").read_text() == (repo / "predict.py").read_text()
        assert not list(tmp_path.glob("**/aibro_repo*"))
        assert requests.post(url, data="good", timeout=60).status_code == 200
    finally:
        control.complete(control.job_named("listed").job_id)


@pytest.mark.parametrize("missing", ["model_name", "machine_id_config", "artifacts_path"])
def test_what_is_missing_is_named(repo: Path, missing: str) -> None:
    wanted: dict[str, Any] = {"model_name": "m", "machine_id_config": "c5.large.od", "artifacts_path": str(repo)} | {
        missing: None
    }
    with pytest.raises(BadRequest, match=missing):
        Inference.deploy(**wanted)
