"""What a look means: what was seen, what an agent said, what follows."""

from __future__ import annotations

from typing import Any

import pytest

from aibro_jupyter.control.ledger.rows import CloseBill, InstanceRow, Move, OpenBill
from aibro_jupyter.control.rules.observe import Billed, Observation, Opening, Price, began_at, observe
from aibro_jupyter.protocol import Health
from aibro_jupyter.providers.base import Seen, State
from aibro_jupyter.states import Phase
from tests.control.rows import standby

P, S = Phase, State
NOW = 100.0
PRICE = Price(micros_per_hour=36, on_demand_micros_per_hour=120)


def health(stage: str, why: str = "") -> Health:
    return Health(instance_id="s1", stage=stage, why=why)


def seen(state: State, since: float | None = 90.0, **more: Any) -> Seen:
    return Seen(state=state, since=since, **more)


def looked(
    row: InstanceRow,
    what: Seen,
    told: Health | None = None,
    *,
    price: Price = PRICE,
    billed: frozenset[str] = frozenset(),
    until: float = 0.0,
) -> Observation:
    """Return what a look means, as control takes it: what begins is priced, and nothing else."""
    known = Billed(open=billed, until=until)
    began = began_at(what, NOW, known)
    opening = None if began is None else Opening(at=began, price=price)
    return observe(row, what, told, NOW, billed=known, opening=opening)


MOVES: dict[str, tuple[InstanceRow, Seen, Health | None, list[Move]]] = {
    "a request that was granted connects": (standby(P.REQUESTING), seen(S.PENDING), None, [Move("s1", P.CONNECTING)]),
    "a boot that is over when we look": (
        standby(P.REQUESTING),
        seen(S.RUNNING),
        health("serving"),
        [Move("s1", P.CONNECTING), Move("s1", P.SERVING)],
    ),
    "the agent builds the environment": (
        standby(P.CONNECTING),
        seen(S.RUNNING),
        health("gearing_up"),
        [Move("s1", P.GEARING_UP)],
    ),
    "it does so still": (standby(P.GEARING_UP), seen(S.RUNNING), health("gearing_up"), []),
    "a stage does not go back": (standby(P.DEPLOYING), seen(S.RUNNING), health("gearing_up"), []),
    "but a slot may be started again": (
        standby(P.SERVING),
        seen(S.RUNNING),
        health("deploying"),
        [Move("s1", P.DEPLOYING)],
    ),
    "an agent that says nothing": (standby(P.CONNECTING), seen(S.RUNNING), None, []),
    "an agent that says something new": (standby(P.CONNECTING), seen(S.RUNNING), health("dancing"), []),
    "an agent that failed": (
        standby(P.DEPLOYING),
        seen(S.RUNNING),
        health("failed", "no column"),
        [Move("s1", P.TERMINATING, "no column", failed=True)],
    ),
    "an agent that failed without a word": (
        standby(P.DEPLOYING),
        seen(S.RUNNING),
        health("failed"),
        [Move("s1", P.TERMINATING, "its agent failed", failed=True)],
    ),
    "what we close stays closing though it still runs": (standby(P.STOPPING), seen(S.RUNNING), health("serving"), []),
    "stopped as asked": (
        standby(P.STOPPING),
        seen(S.STOPPED, why="ok"),
        None,
        [Move("s1", P.STOPPED, "ok", at=90.0)],
    ),
    "stopped unasked": (
        standby(P.SERVING),
        seen(S.STOPPED),
        None,
        [Move("s1", P.STOPPED, "it was lost while SERVING", at=90.0, failed=True)],
    ),
    "stopped and known to be": (standby(P.STOPPED), seen(S.STOPPED), None, []),
    "stopped, but started by a call that came late": (
        standby(P.STOPPED, phase_at=80.0),
        seen(S.RUNNING),
        None,
        [Move("s1", P.CONNECTING, "it was found running")],
    ),
    "stopped, and a look from before the stop": (standby(P.STOPPED, phase_at=95.0), seen(S.RUNNING), None, []),
    "stopped on its way to its end": (standby(P.TERMINATING), seen(S.STOPPED), None, []),
    "stopping unasked": (
        standby(P.SERVING),
        seen(S.STOPPING, why="spot"),
        None,
        [Move("s1", P.STOPPING, "spot", at=90.0, failed=True)],
    ),
    "stopping as asked": (standby(P.STOPPING), seen(S.STOPPING), None, []),
    "gone as asked": (standby(P.TERMINATING), seen(S.GONE, why="ok"), None, [Move("s1", P.TERMINATED, "ok", at=90.0)]),
    "gone unasked": (
        standby(P.SERVING),
        seen(S.GONE, why="killed"),
        None,
        [Move("s1", P.TERMINATED, "killed", at=90.0, failed=True)],
    ),
    "gone and known to be": (standby(P.TERMINATED), seen(S.GONE), None, []),
    "before the start was asked for it is still stopped": (standby(P.CONNECTING), seen(S.STOPPED), None, []),
    "just after the start too": (standby(P.CONNECTING, asked_at=80.0), seen(S.STOPPED), None, []),
    "or still stopping": (standby(P.CONNECTING, asked_at=80.0), seen(S.STOPPING), None, []),
    "long after the start it did not work": (
        standby(P.CONNECTING, asked_at=60.0),
        seen(S.STOPPED),
        None,
        [Move("s1", P.STOPPED, "it was lost while CONNECTING", at=90.0, failed=True)],
    ),
    "absent is not gone": (standby(P.REQUESTING, first_asked_at=50.0), Seen(state=S.ABSENT), None, []),
    "absent for a minute after the launch is": (
        standby(P.CONNECTING, first_asked_at=40.0, asked_at=95.0),
        Seen(state=S.ABSENT),
        None,
        [Move("s1", P.TERMINATED, "the provider does not know it", failed=True)],
    ),
    "absent after a termination": (
        standby(P.TERMINATING, asked_at=99.0, left_at=30.0),
        Seen(state=S.ABSENT),
        None,
        [Move("s1", P.TERMINATED)],
    ),
    "absent and known to be": (standby(P.TERMINATED), Seen(state=S.ABSENT), None, []),
}


@pytest.mark.parametrize(("row", "look", "told", "moves"), MOVES.values(), ids=MOVES.keys())
def test_moves(row: InstanceRow, look: Seen, told: Health | None, moves: list[Move]) -> None:
    assert list(looked(row, look, told).moves) == moves


OPEN = OpenBill(at=90.0, micros_per_hour=36, on_demand_micros_per_hour=120)
DISK = OpenBill(at=90.0, micros_per_hour=11, on_demand_micros_per_hour=11, kind="disk")
BILLS: dict[str, tuple[Seen, set[str], int, list[object]]] = {
    "running opens at the provider's own time": (seen(S.RUNNING), set(), 0, [OPEN]),
    "once": (seen(S.RUNNING), {"compute"}, 0, []),
    "pending is not billed": (seen(S.PENDING), set(), 0, []),
    "a volume is billed from the first start": (seen(S.RUNNING), set(), 11, [OPEN, DISK]),
    "and not twice": (seen(S.RUNNING), {"disk"}, 11, [OPEN]),
    "stopped closes compute at the provider's own time": (
        seen(S.STOPPED),
        {"compute", "disk"},
        11,
        [CloseBill(at=90.0)],
    ),
    "gone closes all": (seen(S.GONE), {"compute", "disk"}, 11, [CloseBill(at=90.0), CloseBill(at=90.0, kind="disk")]),
    "gone with nothing open": (seen(S.GONE), set(), 0, []),
    "a provider that cannot say when": (seen(S.STOPPED, None), {"compute"}, 0, [CloseBill(at=NOW)]),
    "a provider from the future": (seen(S.STOPPED, 200.0), {"compute"}, 0, [CloseBill(at=NOW)]),
    "stopping does not close yet": (seen(S.STOPPING), {"compute"}, 0, []),
}


@pytest.mark.parametrize(("look", "billed", "disk", "bills"), BILLS.values(), ids=BILLS.keys())
def test_bills(look: Seen, billed: set[str], disk: int, bills: list[object]) -> None:
    price = Price(micros_per_hour=36, on_demand_micros_per_hour=120, disk_micros_per_hour=disk)
    assert list(looked(standby(), look, price=price, billed=frozenset(billed)).bills) == bills


ABSENT: dict[str, tuple[InstanceRow, float, set[str], list[object]]] = {
    "all bills end where it was last seen": (
        standby(serving_at=20.0),
        88.0,
        {"compute", "disk"},
        [CloseBill(at=88.0), CloseBill(at=88.0, kind="disk")],
    ),
    "after a restart, where the database knows it": (
        standby(serving_at=20.0, seen_at=75.0),
        0.0,
        {"compute"},
        [CloseBill(at=75.0)],
    ),
    "asked again and again to stop, it is gone all the same": (
        standby(P.STOPPING, launched_at=0.0, left_at=30.0, first_asked_at=35.0, asked_at=95.0),
        34.0,
        {"compute"},
        [CloseBill(at=34.0)],
    ),
    "while it may only not be listed yet, nothing ends": (
        standby(P.CONNECTING, first_asked_at=60.0),
        61.0,
        {"compute"},
        [],
    ),
    "nothing open, nothing to end": (standby(), 88.0, set(), []),
    "one that is known to be over does not stay billed": (
        standby(P.TERMINATED, serving_at=20.0),
        40.0,
        {"compute"},
        [CloseBill(at=40.0)],
    ),
    "a leak just seen may only be hidden from one look": (standby(P.TERMINATED), 41.0, {"compute"}, []),
}


@pytest.mark.parametrize(("row", "seen_at", "billed", "bills"), ABSENT.values(), ids=ABSENT.keys())
def test_bills_of_an_absent_instance(row: InstanceRow, seen_at: float, billed: set[str], bills: list[object]) -> None:
    known = Billed(open=frozenset(billed), seen_at=seen_at)
    assert list(observe(row, Seen(state=S.ABSENT), None, NOW, billed=known, opening=None).bills) == bills


def test_an_endpoint_is_news_once() -> None:
    look = seen(S.RUNNING, endpoint="127.0.0.1:5")
    billed = frozenset({"compute"})
    assert looked(standby(), look, billed=billed).endpoint == "127.0.0.1:5"
    assert not looked(standby(endpoint="127.0.0.1:5"), look, billed=billed)
    assert Observation(endpoint="x")


RAN: dict[str, tuple[Seen, frozenset[str], float, list[object]]] = {
    "it came and went between two looks: billed all the same": (
        seen(S.GONE, 95.0, ran=(91.0, 95.0)),
        frozenset(),
        0.0,
        [OpenBill(at=91.0, micros_per_hour=36, on_demand_micros_per_hour=120), CloseBill(at=95.0)],
    ),
    "what was billed to its end is not billed again": (seen(S.GONE, 95.0, ran=(91.0, 95.0)), frozenset(), 95.0, []),
    "what is billed still ends": (
        seen(S.GONE, 95.0, ran=(91.0, 95.0)),
        frozenset({"compute"}),
        0.0,
        [CloseBill(at=95.0)],
    ),
    "it stopped and started between two looks": (
        seen(S.RUNNING, 95.0, ran=(80.0, 93.0)),
        frozenset({"compute"}),
        0.0,
        [CloseBill(at=93.0), OpenBill(at=95.0, micros_per_hour=36, on_demand_micros_per_hour=120)],
    ),
    "a look from before the last one opens nothing": (seen(S.RUNNING, 50.0), frozenset(), 60.0, []),
}


@pytest.mark.parametrize(("what", "billed", "until", "bills"), RAN.values(), ids=RAN.keys())
def test_bills_of_what_nobody_saw_running(
    what: Seen, billed: frozenset[str], until: float, bills: list[object]
) -> None:
    found = looked(standby(P.TERMINATING), what, billed=billed, until=until)
    assert list(found.bills) == bills


def test_a_notice_is_news_once_and_being_taken_back_is_no_failure() -> None:
    def of(row: InstanceRow, what: Seen) -> Observation:
        return looked(row, what, billed=frozenset({"compute"}))

    noticed = of(standby(), seen(S.RUNNING, interrupt_at=150.0, endpoint=None))
    assert noticed.interrupt_at == 150.0
    assert noticed
    assert of(standby(interrupted_at=99.0), seen(S.RUNNING, interrupt_at=150.0)).interrupt_at is None
    (gone,) = of(standby(), seen(S.GONE, interrupt_at=90.0, why="taken")).moves
    assert (gone.phase, gone.failed, gone.why, gone.at) == (P.TERMINATED, False, "taken", 90.0)
    (crashed,) = of(standby(), seen(S.GONE)).moves
    assert crashed.failed
