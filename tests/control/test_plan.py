"""The rules, one by one: what is known, what time it is, what is due."""

from __future__ import annotations

from typing import Any

import pytest

from aibro_jupyter.control.ledger.rows import Move, VersionState
from aibro_jupyter.control.rules.actions import (
    Action,
    Ask,
    Call,
    Cancel,
    FailVersion,
    Launch,
    Promote,
    Stuck,
)
from aibro_jupyter.control.rules.plan import pace_s, plan
from aibro_jupyter.control.rules.snapshot import Snapshot, retry_at
from aibro_jupyter.states import Outcome, Phase, Role
from tests.control.rows import cooling, instance, job, snapshot, standby, version

P, STANDBY, COOLING = Phase, Role.STANDBY, Role.COOLING
NEW = {"job": job(deployed_at=None), "versions": (version(state=VersionState.COMING),)}
UPDATE: dict[str, Any] = {"versions": (version(1), version(2, VersionState.COMING))}
OVER: dict[str, Any] = {"versions": (version(1, VersionState.RETIRED, live_at=10.0), version(2))}
ENDED: dict[str, Any] = {"job": job(outcome=Outcome.COMPLETED)}
UP = (standby(),)


def asleep(**more: Any) -> Any:
    return cooling(P.STOPPED, left_at=700.0, **more)


def broken(instance_id: str, at: float, role: Role = STANDBY, **more: Any) -> Any:
    about = {"launched_at": at - 1, "failed_at": at, "left_at": at, "why": "it broke", **more}
    return instance(instance_id, role, P.TERMINATED, **about)


CASES: dict[str, tuple[Snapshot, float, list[Action]]] = {
    # --- a standby instance, always
    "a new job launches its standby": (snapshot(**NEW), 0, [Launch(STANDBY, 1, "c5.large")]),
    "what was written down is asked for": (
        snapshot(standby(P.REQUESTING), **NEW),
        1,
        [Ask("s1", Call.LAUNCH)],
    ),
    "a launch under way is left alone": (snapshot(standby(P.REQUESTING, asked_at=1.0), **NEW), 5, []),
    "a launch without an effect is repeated": (
        snapshot(standby(P.REQUESTING, asked_at=1.0), **NEW),
        6,
        [Ask("s1", Call.LAUNCH)],
    ),
    "a standby that serves wants nothing": (snapshot(*UP), 20, []),
    "a stopped standby is started": (
        snapshot(standby(P.STOPPED)),
        20,
        [Move("s1", P.CONNECTING, "the standby is always on")],
    ),
    "a woken instance is asked for once": (snapshot(standby(P.CONNECTING)), 20, [Ask("s1", Call.START)]),
    "and not twice": (snapshot(standby(P.CONNECTING, asked_at=19.0)), 20, []),
    "a lost standby is replaced after a second": (snapshot(broken("s1", 100)), 101, [Launch(STANDBY, 1, "c5.large")]),
    "and not before": (snapshot(broken("s1", 100)), 100.9, []),
    "the second failure waits two seconds": (snapshot(broken("s1", 90), broken("s2", 100)), 101.9, []),
    "a standby that served long is replaced at once": (
        snapshot(broken("s1", 100, serving_at=10.0)),
        100,
        [Launch(STANDBY, 1, "c5.large")],
    ),
    "a standby that stopped by itself is deleted": (
        snapshot(standby(P.STOPPED, failed_at=90.0)),
        100,
        [Move("s1", P.TERMINATING, "it stopped by itself")],
    ),
    # --- the first deploy
    "a first standby may wait": (snapshot(standby(P.REQUESTING, asked_at=28.0), **NEW), 29.9, []),
    "but not longer than wait_request_s": (
        snapshot(standby(P.REQUESTING, asked_at=28.0, why="No capacity."), **NEW),
        30,
        [Cancel("no c5.large within 30 s (wait_request_s). No capacity.")],
    ),
    "connecting is no request": (snapshot(standby(P.CONNECTING, asked_at=1.0), **NEW), 100, []),
    "a failed first standby cancels the job": (snapshot(broken("s1", 100), **NEW), 100, [Cancel("it broke")]),
    "a standby that serves deploys the job": (snapshot(*UP, **NEW), 10, [Promote(1)]),
    # --- limits
    "CONNECTING may last 600 s": (snapshot(standby(P.CONNECTING, asked_at=10.0)), 609, []),
    "and not longer": (
        snapshot(standby(P.CONNECTING, asked_at=10.0)),
        610,
        [Move("s1", P.TERMINATING, "CONNECTING took longer than 600 s", failed=True)],
    ),
    "a stop without an effect becomes a termination": (
        snapshot(*UP, cooling(P.STOPPING, first_asked_at=100.0, asked_at=995.0, left_at=90.0)),
        1000,
        [Move("c1", P.TERMINATING, "did not stop within 900 s")],
    ),
    "a stop that was not asked for yet has no limit": (snapshot(*UP, cooling(P.STOPPING, left_at=90.0)), 1000, []),
    "an instance that does not answer any more has failed": (
        snapshot(*UP, silent=frozenset({"s1"})),
        100,
        [
            Move("s1", P.TERMINATING, "its agent has not answered for 30 s", failed=True),
        ],
    ),
    "one that is coming up has its limits for that": (
        snapshot(standby(P.DEPLOYING), silent=frozenset({"s1"})),
        100,
        [],
    ),
    "a termination is asked for until it is seen, and its owner is told after its limit": (
        snapshot(
            *UP,
            cooling(P.TERMINATING, first_asked_at=100.0, asked_at=970.0, left_at=90.0),
            drained=frozenset({"c1"}),
        ),
        1000,
        [
            Stuck("c1", "did not end within 900 s; it is asked again, and billed meanwhile"),
            Ask("c1", Call.TERMINATE),
        ],
    ),
    "not before": (snapshot(*UP, cooling(P.TERMINATING, first_asked_at=100.0, asked_at=970.0)), 999, []),
    "and once": (
        snapshot(
            *UP,
            cooling(P.TERMINATING, first_asked_at=100.0, asked_at=970.0, stuck_at=1000.0),
            drained=frozenset({"c1"}),
        ),
        2000,
        [Ask("c1", Call.TERMINATE)],
    ),
    "an ended job's too": (
        snapshot(cooling(P.TERMINATING, first_asked_at=100.0, asked_at=995.0), **ENDED),
        1000,
        [Stuck("c1", "did not end within 900 s; it is asked again, and billed meanwhile")],
    ),
    "going down does not lift the limit of a stop": (
        snapshot(cooling(P.STOPPING, first_asked_at=100.0, asked_at=995.0), parked=True),
        1000,
        [Move("c1", P.TERMINATING, "did not stop within 900 s")],
    ),
    # --- cooling: wakes
    "without a request the cooling instance is not launched": (snapshot(*UP), 5000, []),
    "a request from before the job was live wakes nothing": (snapshot(*UP, last_request_at=9.0), 5000, []),
    "a request launches it": (
        snapshot(*UP, last_request_at=1000.0),
        1000,
        [Launch(COOLING, 1, "g4dn.4xlarge")],
    ),
    "a request wakes a sleeping cooling instance": (
        snapshot(*UP, asleep(), last_request_at=1000.0),
        1000,
        [Move("c1", P.CONNECTING, "a request came")],
    ),
    "an old request does not": (snapshot(*UP, asleep(), last_request_at=100.0), 1000, []),
    "no request does not": (snapshot(*UP, asleep()), 1000, []),
    "a request while it stops waits for the stop": (
        snapshot(*UP, cooling(P.STOPPING, left_at=700.0, asked_at=701.0), last_request_at=710.0),
        711,
        [],
    ),
    "while it comes up nothing more is asked": (
        snapshot(*UP, cooling(P.CONNECTING, asked_at=1.0), last_request_at=20.0),
        21,
        [],
    ),
    "a lost one is replaced while it would be up": (
        snapshot(*UP, broken("c1", 100, COOLING), last_request_at=50.0),
        101,
        [Launch(COOLING, 1, "g4dn.4xlarge")],
    ),
    "a lost one is not replaced once it would sleep": (
        snapshot(*UP, broken("c1", 100, COOLING), last_request_at=50.0),
        651,
        [],
    ),
    "a terminated one is launched anew by a request": (
        snapshot(*UP, cooling(P.TERMINATED, left_at=700.0), last_request_at=800.0),
        800,
        [Launch(COOLING, 1, "g4dn.4xlarge")],
    ),
    "a cooling instance that stopped by itself is deleted": (
        snapshot(*UP, cooling(P.STOPPED, failed_at=90.0, left_at=90.0), last_request_at=95.0),
        100,
        [Move("c1", P.TERMINATING, "it stopped by itself")],
    ),
    "a job without cooling has none": (snapshot(*UP, versions=(version(),), last_request_at=50.0), 100, []),
    # --- cooling: sleeps
    "one second before the cool down ends nothing happens": (snapshot(*UP, cooling(), last_request_at=100.0), 699, []),
    "then it sleeps": (
        snapshot(*UP, cooling(), last_request_at=100.0),
        700,
        [Move("c1", P.STOPPING, "no request for 600 s")],
    ),
    "the timer starts when it is ready, if that is later": (
        snapshot(*UP, cooling(serving_at=300.0), last_request_at=100.0),
        899,
        [],
    ),
    "never with a request in flight": (
        snapshot(*UP, cooling(), last_request_at=100.0, busy=frozenset({"c1"})),
        7000,
        [],
    ),
    "not before every gateway has reported": (snapshot(*UP, cooling(), reported_at=None), 7000, []),
    "not before every gateway has reported after the period's end": (
        snapshot(*UP, cooling(), last_request_at=100.0, reported_at=699.0),
        7000,
        [],
    ),
    "where it cannot stop it is terminated": (
        snapshot(*UP, cooling(), last_request_at=100.0, unstoppable=frozenset({"c1"})),
        700,
        [Move("c1", P.TERMINATING, "no request for 600 s")],
    ),
    # --- drain
    "the provider is not asked before the drain": (snapshot(*UP, cooling(P.STOPPING, left_at=90.0)), 100, []),
    "but after it": (
        snapshot(*UP, cooling(P.STOPPING, left_at=90.0), drained=frozenset({"c1"})),
        100,
        [Ask("c1", Call.STOP)],
    ),
    "and not again at once": (
        snapshot(*UP, cooling(P.STOPPING, left_at=90.0, asked_at=90.0), drained=frozenset({"c1"})),
        100,
        [],
    ),
    # --- versions
    "a new version gets a standby beside the old one": (snapshot(*UP, **UPDATE), 20, [Launch(STANDBY, 2, "c5.large")]),
    "when it serves it takes over": (snapshot(*UP, standby(instance_id="s2", version=2), **UPDATE), 20, [Promote(2)]),
    "when it fails the old one serves on": (
        snapshot(*UP, broken("s2", 15, version=2), **UPDATE),
        20,
        [FailVersion(2, "it broke")],
    ),
    "a version that serves no more is drained": (
        snapshot(*UP, standby(instance_id="s2", version=2), **OVER),
        20,
        [Move("s1", P.TERMINATING, "v1 serves no more")],
    ),
    "its closing instances are left alone": (
        snapshot(standby(P.TERMINATING, left_at=15.0), standby(instance_id="s2", version=2), **OVER),
        20,
        [],
    ),
    # --- the end, and going down
    "an ended job terminates what it has": (
        snapshot(*UP, cooling(P.STOPPED), standby(P.TERMINATED, "s0"), **ENDED),
        20,
        [Move("s1", P.TERMINATING, "job ended"), Move("c1", P.TERMINATING, "job ended")],
    ),
    "an instance on its way out is not asked for": (
        snapshot(standby(P.REQUESTING), **ENDED),
        20,
        [Move("s1", P.TERMINATING, "job ended")],
    ),
    "going down, instances stop": (
        snapshot(*UP, cooling(P.STOPPED), parked=True),
        20,
        [Move("s1", P.STOPPING, "the backend goes down")],
    ),
    "what cannot stop is terminated": (
        snapshot(standby(P.REQUESTING), cooling(), unstoppable=frozenset({"c1"}), parked=True),
        20,
        [Move("s1", P.TERMINATING, "the backend goes down"), Move("c1", P.TERMINATING, "the backend goes down")],
    ),
    "and nothing more is begun": (snapshot(cooling(P.TERMINATING), parked=True, last_request_at=50.0), 60, []),
}


@pytest.mark.parametrize(("known", "now", "due"), CASES.values(), ids=CASES.keys())
def test_plan(known: Snapshot, now: float, due: list[Action]) -> None:
    assert plan(known, now) == due


@pytest.mark.parametrize(("failures", "wait_s"), [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (40, 300)])
def test_the_back_off_doubles_from_a_second_to_five_minutes(failures: int, wait_s: float) -> None:
    assert retry_at([broken(f"s{n}", 1000.0 + n) for n in range(failures)]) == 1000 + failures - 1 + wait_s


def test_an_instance_that_serves_long_forgives_the_failures_before_it() -> None:
    steady = standby(P.TERMINATED, "s2", launched_at=200.0, serving_at=201.0, phase_at=300.0)
    assert retry_at([broken("s1", 100), steady]) == 0
    brief = standby(P.TERMINATED, "s2", launched_at=200.0, serving_at=201.0, phase_at=203.0)
    assert retry_at([broken("s1", 100), brief]) == 101


PACES: dict[str, tuple[Snapshot, float, float | None]] = {
    "while something comes up the next look is soon": (snapshot(standby(P.DEPLOYING)), 20, 0.3),
    "while something closes too": (snapshot(*UP, cooling(P.STOPPING)), 20, 0.3),
    "else it is slow": (snapshot(*UP), 20, 5),
    "but in time for the end of the cool down": (snapshot(*UP, cooling(), last_request_at=100.0), 698, 2),
    "and for the next try": (snapshot(broken("s1", 100)), 100.25, 0.75),
    "a job that is not live has no dues": (snapshot(**NEW), 20, 5),
    "an ended job with nothing left is done": (snapshot(standby(P.TERMINATED), **ENDED), 20, None),
    "an ended job with something left is not": (snapshot(standby(P.STOPPED), **ENDED), 20, 5),
}


@pytest.mark.parametrize(("known", "now", "wait_s"), PACES.values(), ids=PACES.keys())
def test_pace(known: Snapshot, now: float, wait_s: float | None) -> None:
    assert pace_s(known, now, hurry_s=0.3, resync_s=5) == wait_s


def ended(name: str, at: float, served_s: float | None, **more: Any) -> Any:
    serving_at = None if served_s is None else at - served_s
    return broken(name, at, **{"launched_at": at - 100, "serving_at": serving_at, **more})


def test_what_came_up_well_comes_back_soon_and_what_never_did_more_and_more_slowly() -> None:
    assert retry_at([ended(f"s{n}", 1000.0 + n, None) for n in range(9)]) == 1008.0 + 256
    assert retry_at([ended(f"s{n}", 1000.0 + n, 1.0) for n in range(9)]) == 1008.0 + 256, "a crash on start"
    assert retry_at([ended(f"s{n}", 1000.0 + n, 6.0) for n in range(9)]) == 1008.0 + 4, "served, though not asked"
    assert retry_at([ended(f"s{n}", 1000.0 + n, 1.0, answered_at=1000.0) for n in range(9)]) == 0.0
    assert retry_at([ended("s1", 1000.0, 61.0)]) == 0.0
