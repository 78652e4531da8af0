"""What is read from a job's history: wakes in parts, bands, a timeline; and its pulse and logs."""

from __future__ import annotations

import pytest

from aibro_jupyter.control.api.logs import Mark, cursor, marks, since
from aibro_jupyter.control.engine.pulse import Pulse
from aibro_jupyter.control.ledger.billing import PriceBook
from aibro_jupyter.control.ledger.rows import ANSWERED, Past
from aibro_jupyter.control.ledger.timeline import bands, timeline
from aibro_jupyter.control.rules.wakes import wakes
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Interval
from aibro_jupyter.states import Phase, Role

P = Phase


def past(at: float, mark: str, why: str = "", *, name: str = "c1", failed: bool = False) -> Past:
    return Past(
        at=at,
        instance_id=name,
        role=Role.COOLING,
        market=Market.ON_DEMAND,
        mark=mark,
        why=why,
        failed=failed,
    )


A_LIFE = (
    past(0, P.REQUESTING, "a request came"),
    past(1, P.CONNECTING),
    past(4, P.GEARING_UP),
    past(9, P.DEPLOYING),
    past(11, P.SERVING),
    past(11.5, ANSWERED),
    past(600, P.STOPPING, "no request for 600 s"),
    past(605, P.STOPPED, "stopped as asked"),
    past(1000, P.CONNECTING, "a request came"),
    past(1001, P.SERVING),
)


def test_a_wake_is_told_in_parts() -> None:
    second, first = wakes(A_LIFE)
    assert (first.at, first.why, first.state) == (0, "a request came", "done")
    assert (first.provision_s, first.environment_s, first.load_s, first.answer_s) == (4, 5, 2, 0.5)
    assert first.total_s == 11
    assert (second.at, second.total_s, second.answer_s) == (1000, 1, None)
    assert (second.provision_s, second.environment_s, second.load_s) == (1, 0, 0), "what was never seen took no time"


def test_a_wake_that_fails_says_why_and_one_under_way_is_open() -> None:
    (failed,) = wakes([*A_LIFE[:3], past(6, P.TERMINATING, "no such package", failed=True), past(7, P.TERMINATED)])
    assert (failed.state, failed.why, failed.total_s, failed.environment_s) == ("failed", "no such package", 6, None)
    (waking,) = wakes(A_LIFE[:2])
    assert (waking.state, waking.total_s, waking.provision_s) == ("waking", None, None)
    assert len(wakes([past(number, P.REQUESTING, name=f"c{number}") for number in range(9)])) == 5


def test_bands_are_the_phases_that_reach_into_a_window() -> None:
    assert [(b.phase, b.from_at, b.to_at) for b in bands(A_LIFE, 500, 1100)] == [
        (P.SERVING, 11, 600),
        (P.STOPPING, 600, 605),
        (P.STOPPED, 605, 1000),
        (P.CONNECTING, 1000, 1001),
        (P.SERVING, 1001, None),
    ]
    assert bands([past(1, P.TERMINATED)], 0, 10) == ()


def test_a_timeline_counts_money_as_it_was_at_each_moment() -> None:
    interval = Interval(
        instance_id="c1",
        role=Role.COOLING,
        machine="c5.large",
        market=Market.ON_DEMAND,
        kind="compute",
        opened_ms=1_000_000,
        closed_ms=3_000_000,
        micros_per_hour=3_600_000,
        on_demand_micros_per_hour=3_600_000,
    )
    seen = timeline(A_LIFE, [interval], [(60.0, 3)], from_at=0, to_at=6000, book=PriceBook(minimum_s=0))
    spent = {point.at: point.micros for point in seen.money}
    assert (len(seen.money), spent[900.0], spent[1100.0]) == (61, 0, 100_000)
    assert spent[2000.0] == 1_000_000
    assert spent[6000.0] == 2_000_000
    assert [(tick.at, tick.count) for tick in seen.requests] == [(60.0, 3)]


def test_a_pulse_counts_minutes_over_gateways_and_their_restarts() -> None:
    pulse = Pulse()
    pulse.count("gw1", 1.0, 100, 0.0)
    assert pulse.history(0.0) == (0,) * 30, "what was before control began is not of this minute"
    pulse.count("gw1", 1.0, 103, 10.0)
    pulse.count("gw2", 5.0, 2, 20.0)
    pulse.count("gw1", 1.0, 103, 30.0)
    pulse.count("gw1", 50.0, 4, 130.0)
    assert pulse.history(130.0)[-3:] == (5, 0, 4)
    assert pulse.ticks(0.0, 1000.0) == ((0.0, 5), (120.0, 4))
    assert pulse.ticks(60.0, 120.0) == ()


LINES = ["2026-01-01T00:00:01.000Z a", "2026-01-01T00:00:01.000Z b", "2026-01-01T00:00:02.000Z c", "  of c"]


def test_a_log_is_followed_from_where_it_was_left() -> None:
    told, mark = since(LINES[:2], Mark())
    assert (told, mark) == (LINES[:2], Mark("2026-01-01T00:00:01.000Z", 2))
    assert since(LINES[:2], mark) == ([], mark)
    more, end = since([*LINES[:2], "2026-01-01T00:00:01.000Z b", *LINES[2:]], mark)
    assert more == ["2026-01-01T00:00:01.000Z b", *LINES[2:]]
    assert end == Mark("2026-01-01T00:00:02.000Z", 2)
    assert since(["no time"], Mark()) == (["no time"], Mark("", 1))


def test_a_cursor_is_read_back_and_nonsense_is_refused() -> None:
    told = {"ins_a": Mark("2026-01-01T00:00:01.000Z", 2), "ins_b": Mark()}
    assert marks(cursor(told)) == told
    assert marks("") == {}
    with pytest.raises(BadRequest):
        marks("../../etc")
