"""The status table against the reference's own tables, transcribed here cell by cell."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from aibro_jupyter import states
from aibro_jupyter.states import (
    DEPLOYED_EXTENSION,
    INSTANCE_STATUS_MEANING,
    JOB_STATUS_MEANING,
    JOB_SUBSTATUS_MEANING,
    TABLE,
    InstanceStatus,
    JobStatus,
    JobSubstatus,
    Outcome,
    Phase,
    Role,
)

JOB_STATUS = """
| QUEUING    | Waiting to be deployed            |
| DEPLOYED   | Inference API is ready to be used |
| CANCELED   | Canceled due to some errors       |
| COMPLETED  | Job was completed                 |
"""
JOB_SUBSTATUS = """
| REQUESTING SERVER | Requesting an instance to deploy models |
| CONNECTING SERVER | Connecting an initializing instance     |
| GEARING UP ENV    | Gearing up tensorflow and mounting GPUs |
| DEPLOYING MODEL   | Deploying model                         |
| DEPLOYED MODEL    | Model was deployed                      |
| CANCELED          | Canceled due to some errors             |
| COMPLETED         | Completed the job                       |
"""
INSTANCE_STATUS = """
| LAUNCHING       | Setting up instance for inference                    |
| EXECUTING       | Having jobs in ready to receive inference requests   |
| COOLING         | Within cooling Period (must be a cooling instance)   |
| CLOSING         | Stopping/terminating instance                        |
| CLOSED          | instance has been stopped/terminated                 |
"""
INSTANCE_SUBSTATUS = {
    "STOPPING/STOPPED": "Shut down instance but retain root volume",
    "TERMINATING/TERMINATED": "Completely delete the instance",
}
MAP = """
| QUEUING    | REQUESTING SERVER |                        |                                                       |
| QUEUING    | CONNECTING SERVER | LAUNCHING              |                                                       |
| QUEUING    | GEARING UP ENV    | LAUNCHING              |                                                       |
| QUEUING    | DEPLOYING MODEL   | LAUNCHING              |                                                       |
| DEPLOYED   | DEPLOYED          | EXECUTING/COOLING      |                                                       |
| CANCELED   | CANCELED          | COOLING/CLOSING/CLOSED | COOLING/(STOPPING, TERMINATING)/(STOPPED, TERMINATED) |
| COMPLETED  | COMPLETED         | COOLING/CLOSING/CLOSED | COOLING/(STOPPING, TERMINATING)/(STOPPED, TERMINATED) |
"""


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]


def test_the_words_and_their_meanings() -> None:
    assert cells(JOB_STATUS) == [[status, JOB_STATUS_MEANING[status]] for status in JobStatus]
    assert cells(JOB_SUBSTATUS) == [[status, JOB_SUBSTATUS_MEANING[status]] for status in JobSubstatus]
    assert cells(INSTANCE_STATUS) == [
        [status, INSTANCE_STATUS_MEANING[status]] for status in InstanceStatus if status is not InstanceStatus.NONE
    ]


def test_instance_substatuses_are_those_of_closing_and_closed_instances() -> None:
    words = [word for pair in INSTANCE_SUBSTATUS for word in pair.split("/")]
    shown = [states.instance_substatus(phase, TABLE[phase].instance_status) for phase in Phase]
    assert [one for one in shown if one] == words


@pytest.mark.parametrize("row", cells(MAP), ids=lambda row: f"{row[0]} {row[1]}")
def test_each_row_of_the_map(row: list[str]) -> None:
    """Every pair that the reference's map shows is what our table shows, and nothing else but the named extension."""
    status, substatus, instance, instance_substatus = row
    # The map's "DEPLOYED" is the substatus table's "DEPLOYED MODEL": a gap of the reference, decided by name.
    wanted = "DEPLOYED MODEL" if substatus == "DEPLOYED" else substatus
    outcome = Outcome(status) if status in set(Outcome) else None
    found: set[tuple[str, str]] = set()
    for phase, role, in_flight in product(Phase, Role, (0, 1)):
        ever_deployed = status == "DEPLOYED"
        shown = (
            states.job_status(outcome, ever_deployed=ever_deployed),
            states.job_substatus(outcome, [phase]),
        )
        if shown == (status, wanted) and (TABLE[phase].substatus == wanted or outcome is not None):
            one = states.instance_status(phase, role, in_flight=in_flight, job_ended=outcome is not None)
            found.add((one, states.instance_substatus(phase, one)))
    if outcome is None:
        assert {one for one, _ in found} == set(instance.split("/"))
        assert {two for _, two in found} == {instance_substatus}
        return
    reference = {
        "COOLING": {""},
        "CLOSING": {"STOPPING", "TERMINATING"},
        "CLOSED": {"STOPPED", "TERMINATED"},
    }
    assert set(instance.split("/")) == set(reference)
    assert found == {(one, two) for one, twos in reference.items() for two in twos}


def test_the_extension_of_a_deployed_job_is_named() -> None:
    shown = {states.instance_status(p, r, in_flight=n) for p, r, n in product(Phase, Role, (0, 1))}
    assert shown - {InstanceStatus.EXECUTING, InstanceStatus.COOLING} == DEPLOYED_EXTENSION


def test_cooling_is_a_cooling_instance_that_serves_with_nothing_in_flight() -> None:
    for phase, role, in_flight in product(Phase, Role, (0, 1)):
        for ended in (False, True):
            shown = states.instance_status(phase, role, in_flight=in_flight, job_ended=ended)
            idle = in_flight == 0 or ended
            assert (shown is InstanceStatus.COOLING) == (phase is Phase.SERVING and role is Role.COOLING and idle)


def test_the_furthest_instance_speaks_for_the_job() -> None:
    assert states.job_substatus(None, []) is JobSubstatus.REQUESTING_SERVER
    assert states.job_substatus(None, [Phase.STOPPED]) is JobSubstatus.REQUESTING_SERVER
    assert states.job_substatus(None, [Phase.CONNECTING, Phase.SERVING]) is JobSubstatus.DEPLOYED_MODEL
    assert states.job_substatus(Outcome.CANCELED, [Phase.SERVING]) is JobSubstatus.CANCELED


def test_a_job_stays_deployed_until_it_ends() -> None:
    assert states.job_status(None, ever_deployed=False) is JobStatus.QUEUING
    assert states.job_status(None, ever_deployed=True) is JobStatus.DEPLOYED
    assert states.job_status(Outcome.COMPLETED, ever_deployed=True) is JobStatus.COMPLETED


def test_what_a_provider_saw_may_always_follow_and_nothing_follows_the_end() -> None:
    for phase in Phase:
        for seen in (Phase.STOPPED, Phase.TERMINATED):
            assert states.may_follow(phase, seen) == (phase not in (seen, Phase.TERMINATED)), (phase, seen)
    assert not TABLE[Phase.TERMINATED].next
    assert states.may_follow(Phase.CONNECTING, Phase.STOPPED)
    assert not states.may_follow(Phase.STOPPED, Phase.SERVING)


def test_every_phase_can_reach_its_end() -> None:
    for phase in Phase:
        reached, fresh = {phase}, {phase}
        while fresh:
            fresh = {after for before in fresh for after in TABLE[before].next} - reached
            reached |= fresh
        assert Phase.TERMINATED in reached


def test_what_is_billed_is_what_runs() -> None:
    assert [phase for phase in Phase if not TABLE[phase].billed] == [
        Phase.REQUESTING,
        Phase.STOPPED,
        Phase.TERMINATED,
    ]


def test_what_is_generated_from_the_table_is_up_to_date() -> None:
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, str(root / "tools" / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
