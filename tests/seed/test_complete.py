"""The reference, "complete()"."""

from __future__ import annotations

import inspect

import pytest
import requests

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.errors import BadRequest, NoSuchJob
from aibro_jupyter.inference import Inference
from aibro_jupyter.states import Phase
from tests.eventually import eventually
from tests.seed.conftest import Deploy


def test_the_parameters_are_the_references() -> None:
    """ "def complete(model_name: str = None, job_id: str = None, access_token: str = None)"."""
    found = inspect.signature(Inference.complete).parameters
    assert {name: p.default for name, p in found.items()} == dict.fromkeys(["model_name", "job_id", "access_token"])


def test_complete_closes_the_api_and_ends_the_instances(control: ControlClient, deployed: Deploy) -> None:
    """ "Completing an inference job shuts down all instances and stops its API services."."""
    url = deployed("ends")
    job_id = control.job_named("ends").job_id
    assert requests.post(url, data="good", timeout=60).status_code == 200
    Inference.complete(model_name="ends")
    assert requests.post(url, data="good", timeout=60).status_code == 404
    assert control.job(job_id).status.value == "COMPLETED"
    ended = (Phase.STOPPED, Phase.TERMINATED)
    eventually(lambda: all(one.phase in ended for one in control.job(job_id).instances))


def test_a_completed_jobs_name_is_free_again(control: ControlClient, deployed: Deploy) -> None:
    """ "unique respect to the model names from all active inference jobs"."""
    deployed("again")
    first = control.job_named("again").job_id
    Inference.complete(model_name="again")
    deployed("again")
    assert control.job_named("again").job_id != first


def test_job_id_wins_over_model_name(control: ControlClient, deployed: Deploy, mood: str) -> None:
    """ "If both parameters have input, `job_id` would be used to search inference job."."""
    deployed("byid")
    Inference.complete(model_name="mood", job_id=control.job_named("byid").job_id)
    with pytest.raises(NoSuchJob):
        control.job_named("byid")
    assert control.job_named("mood").outcome is None


def test_neither_name_nor_id_is_refused(control: ControlClient) -> None:
    """ "You may only need to input either `model_name` or `job_id`."."""
    for call in (Inference.complete, Inference.update_clients, Inference.list_clients):
        with pytest.raises(BadRequest, match="which job"):
            call()
