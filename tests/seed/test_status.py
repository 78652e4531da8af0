"""The reference, "Inference Job & Instance Status", transcribed, and its case study."""

from __future__ import annotations

import pytest

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.machines import Market, machine
from aibro_jupyter.states import (
    INSTANCE_STATUS_MEANING,
    JOB_STATUS_MEANING,
    JOB_SUBSTATUS_MEANING,
    InstanceStatus,
    Outcome,
    Phase,
    Role,
    instance_status,
    instance_substatus,
    job_status,
    job_substatus,
)

WORDS = {
    "QUEUING": "Waiting to be deployed",
    "DEPLOYED": "Inference API is ready to be used",
    "CANCELED": "Canceled due to some errors",
    "COMPLETED": "Job was completed",
}
SUBSTATUS_WORDS = {
    "REQUESTING SERVER": "Requesting an instance to deploy models",
    "CONNECTING SERVER": "Connecting an initializing instance",
    "GEARING UP ENV": "Gearing up tensorflow and mounting GPUs",
    "DEPLOYING MODEL": "Deploying model",
    "DEPLOYED MODEL": "Model was deployed",
    "CANCELED": "Canceled due to some errors",
    "COMPLETED": "Completed the job",
}
INSTANCE_WORDS = {
    "LAUNCHING": "Setting up instance for inference",
    "EXECUTING": "Having jobs in ready to receive inference requests",
    "COOLING": "Within cooling Period (must be a cooling instance)",
    "CLOSING": "Stopping/terminating instance",
    "CLOSED": "instance has been stopped/terminated",
}
QUEUING_MAP = [
    (Phase.REQUESTING, "REQUESTING SERVER", ""),
    (Phase.CONNECTING, "CONNECTING SERVER", "LAUNCHING"),
    (Phase.GEARING_UP, "GEARING UP ENV", "LAUNCHING"),
    (Phase.DEPLOYING, "DEPLOYING MODEL", "LAUNCHING"),
]
ENDED_MAP = [
    (Phase.STOPPING, "CLOSING", "STOPPING"),
    (Phase.TERMINATING, "CLOSING", "TERMINATING"),
    (Phase.STOPPED, "CLOSED", "STOPPED"),
    (Phase.TERMINATED, "CLOSED", "TERMINATED"),
]


def test_the_words_are_the_references() -> None:
    """ "Job Status | Description"."""
    assert {status.value: said for status, said in JOB_STATUS_MEANING.items()} == WORDS
    assert {status.value: said for status, said in JOB_SUBSTATUS_MEANING.items()} == SUBSTATUS_WORDS
    assert {status.value: said for status, said in INSTANCE_STATUS_MEANING.items()} == INSTANCE_WORDS


def test_the_map_cell_by_cell() -> None:
    """ "a status-substatus map of jobs and instances"."""
    for phase, substatus, instance in QUEUING_MAP:
        assert job_status(None, ever_deployed=False).value == "QUEUING"
        assert job_substatus(None, [phase]).value == substatus
        assert instance_status(phase, Role.STANDBY, in_flight=0).value == instance
    assert job_status(None, ever_deployed=True).value == "DEPLOYED"
    assert job_substatus(None, [Phase.SERVING]).value == "DEPLOYED MODEL"
    assert instance_status(Phase.SERVING, Role.STANDBY, in_flight=0) is InstanceStatus.EXECUTING
    assert instance_status(Phase.SERVING, Role.COOLING, in_flight=0) is InstanceStatus.COOLING
    for outcome in Outcome:
        for phase, instance, substatus in ENDED_MAP:
            assert job_status(outcome, ever_deployed=True).value == outcome.value
            assert job_substatus(outcome, [phase]).value == outcome.value
            for role in Role:
                shown = instance_status(phase, role, in_flight=0, job_ended=True)
                assert (shown.value, instance_substatus(phase, shown)) == (instance, substatus)


def test_only_a_cooling_instance_is_ever_cooling() -> None:
    """ "COOLING: Within cooling Period (must be a cooling instance)", of an ended job too."""
    for phase in (*(phase for phase, _, _ in QUEUING_MAP), Phase.SERVING):
        shown = instance_status(phase, Role.STANDBY, in_flight=0, job_ended=True)
        assert (shown.value, instance_substatus(phase, shown)) == ("CLOSING", "TERMINATING")
    shown = instance_status(Phase.SERVING, Role.COOLING, in_flight=0, job_ended=True)
    assert (shown.value, instance_substatus(Phase.SERVING, shown)) == ("COOLING", "")


def test_the_case_studys_figures_are_the_catalogues() -> None:
    """ "3.91 * 16 = $62.56", "$25.76"; the whole day is simulated in tests/day."""
    weak, strong = machine("g4dn.4xlarge"), machine("g4dn.12xlarge")
    assert round(strong.on_demand_micros / 1e6, 2) == pytest.approx(3.91)
    assert round(weak.on_demand_micros / 1e6, 2) == pytest.approx(1.20)
    assert strong.price_micros(Market.SPOT) == 1_610_000
    assert weak.price_micros(Market.SPOT) == 360_000


def test_a_standby_job_is_deployed(control: ControlClient, mood: str) -> None:
    """ "Standby instance: the instance never turns off."; "DEPLOYED: Inference API is ready to be used"."""
    job = control.job_named("mood")
    assert (job.status.value, job.substatus.value) == ("DEPLOYED", "DEPLOYED MODEL")
    assert [(one.role, one.status) for one in job.instances] == [(Role.STANDBY, InstanceStatus.EXECUTING)]
