from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from aibro_jupyter.gateway.turns import Turns

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from("abc")),
        st.tuples(st.just("first"), st.sampled_from("abc")),
        st.tuples(st.just("next"), st.just("")),
        st.tuples(st.just("drop"), st.integers(0, 9)),
    ),
    max_size=60,
)


def test_each_client_has_his_turn_however_much_another_asks() -> None:
    turns: Turns[str] = Turns()
    for number in range(5):
        turns.add("noisy", f"noisy {number}")
    turns.add("polite", "polite 0")
    turns.add("late", "late 0")
    turns.add("polite", "polite 1")
    order = [turns.next() for _ in range(len(turns))]
    assert order == [
        "noisy 0", "polite 0", "late 0", "noisy 1", "polite 1", "noisy 2", "noisy 3", "noisy 4",
    ]  # fmt: skip


def test_what_is_sent_again_comes_first() -> None:
    turns: Turns[str] = Turns()
    turns.add("a", "a 0")
    turns.add("b", "b 0")
    turns.add("b", "b again", first=True)
    assert [turns.next() for _ in range(3)] == ["b again", "a 0", "b 0"]


@given(STEPS)
def test_nobody_is_lost_or_served_twice_and_nobody_is_passed_over(steps: list[tuple[str, object]]) -> None:
    turns: Turns[tuple[object, int]] = Turns()
    waiting: list[tuple[object, int]] = []
    turns_of_others: defaultdict[object, int] = defaultdict(int)
    number = 0
    for what, which in steps:
        if what in ("add", "first"):
            number += 1
            turns.add(which, (which, number), first=what == "first")
            waiting.append((which, number))
        elif what == "drop" and waiting:
            one = waiting.pop(int(str(which)) % len(waiting))
            turns.drop(one[0], one)
        elif what == "next" and waiting:
            client, told = turns.next()
            waiting.remove((client, told))
            turns_of_others[client] = 0
            for other in {one for one, _ in waiting} - {client}:
                turns_of_others[other] += 1
        if "first" not in {step for step, _ in steps}:
            assert all(count <= 2 for count in turns_of_others.values())
        for client in {"a", "b", "c"} - {one for one, _ in waiting}:
            turns_of_others[client] = 0
        assert len(turns) == len(waiting)
        assert sorted(turns) == sorted(waiting)
