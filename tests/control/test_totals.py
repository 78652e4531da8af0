"""Sums over gateways: exact in the end, and never less than before, whatever is lost, late or begins anew."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from aibro_jupyter.control.engine.totals import Totals
from aibro_jupyter.gateway.traffic import Traffic
from aibro_jupyter.protocol import AnswerCounts
from aibro_jupyter.states import Role

GATEWAYS = ("gw1", "gw2")
STEP = st.one_of(
    st.tuples(
        st.just("answer"),
        st.sampled_from(GATEWAYS),
        st.sampled_from([*Role, None]),
        st.sampled_from([200, 404, 422, 500, 503]),
        st.floats(0.0, 200.0),
    ),
    st.tuples(st.sampled_from(["report", "lost", "late", "again", "killed", "ended"]), st.sampled_from(GATEWAYS)),
)


def flat(counts: AnswerCounts) -> Counter[object]:
    """Every number in it under a name of its own, a histogram's as they are told: each with all below it."""
    told: Counter[object] = Counter({"took": counts.took_us})
    told.update({(tier, status): count for tier, found in counts.by_tier.items() for status, count in found.items()})
    told.update(dict(enumerate(accumulate(counts.buckets))))
    return told


@given(st.lists(STEP, max_size=120))
def test_totals_are_exact_sums_and_never_fall(steps: list[tuple[object, ...]]) -> None:
    totals = Totals()
    lives = {name: (0.0, Traffic()) for name in GATEWAYS}
    arrived: dict[tuple[str, float], Counter[object]] = {}
    under_way: list[tuple[str, float, AnswerCounts]] = []

    def arrive(name: str, life: float, counts: AnswerCounts) -> None:
        totals.take(name, life, counts)
        arrived[name, life] = arrived.get((name, life), Counter()) | flat(counts)

    for what, name, *more in steps:
        before = flat(totals.sum())
        assert isinstance(name, str)
        life, traffic = lives[name]
        if what == "answer":
            role, status, took_s = more
            assert isinstance(status, int)
            assert isinstance(took_s, float)
            tally = traffic.tiers[role] if isinstance(role, Role) else traffic.own
            traffic.answered(0.0, took_s, tally, status=status)
        elif what == "lost":
            under_way.append((name, life, traffic.answers()))
        elif what == "late" and under_way:
            arrive(*under_way.pop())
        elif what == "killed":
            lives[name] = (life + 1.0, Traffic())
        elif what == "ended":
            arrive(name, life, traffic.answers())
            lives[name] = (life + 1.0, Traffic())
        elif what in ("report", "again"):
            for _ in range(2 if what == "again" else 1):
                arrive(name, life, traffic.answers())
        after = flat(totals.sum())
        assert before <= after
        assert after == sum(arrived.values(), Counter())


def test_many_lives_are_one_number() -> None:
    totals = Totals()
    for life in range(100):
        totals.take("gw1", float(life), AnswerCounts(by_tier={"none": {"5xx": 2}}))
        totals.take("gw2", float(life), AnswerCounts())
    assert totals.sum().by_tier == {"none": {"5xx": 200}}
    assert sum(map(len, totals._lives.values())) < 20, "old ones are kept as their sum alone"
