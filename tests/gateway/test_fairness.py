"""Overload: who may wait, how long, and how much one client may take."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aibro_jupyter.gateway.allowances import Allowances
from aibro_jupyter.gateway.peers import caller_of
from aibro_jupyter.protocol import Allowance, client_hash
from aibro_jupyter.states import Role
from tests.eventually import eventually
from tests.gateway.rig import Rig, hashed, route, running


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running(tmp_path, queue=6, report_s=0.05) as rig:
        yield rig


@pytest.fixture
def callers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as callers:
        yield callers


@contextmanager
def working(rig: Rig, callers: ThreadPoolExecutor) -> Iterator[None]:
    """Have the one instance work on a request of alice's for as long as this lasts."""
    gate = rig.home.root / "gate"
    callers.submit(rig.ask, {"do": "until", "path": str(gate)})
    eventually(lambda: rig.control.job().in_flight == {"s": 1})
    yield
    gate.touch()


def refused(rig: Rig, client_id: str = "alice") -> tuple[int, str, int]:
    """Return what a request is refused with: status, code, and the seconds after which to come again."""
    answer = rig.ask(client_id=client_id)
    return answer.status_code, answer.json()["error"]["code"], int(answer.headers["Retry-After"])


def test_one_client_holds_half_of_the_queue_and_others_the_rest(rig: Rig, callers: ThreadPoolExecutor) -> None:
    rig.control.publish_and_wait(
        route(rig.instance("s").target(Role.STANDBY), client_hashes=hashed("alice", "bob", "carol"))
    )
    with working(rig, callers):
        mine = [callers.submit(rig.ask) for _ in range(3)]
        eventually(lambda: rig.control.job().held == 3)
        assert refused(rig)[:2] == (429, "queue-full")
        others = [callers.submit(rig.ask, client_id="bob") for _ in range(3)]
        eventually(lambda: rig.control.job().held == 6)
        assert refused(rig, "carol")[:2] == (429, "queue-full")
    assert all(one.result().ok for one in (*mine, *others))


def test_who_would_wait_too_long_is_told_so_and_when_to_come_again(rig: Rig, callers: ThreadPoolExecutor) -> None:
    target = rig.instance("s").target(Role.STANDBY)
    rig.control.publish_and_wait(route(target, max_wait_s=1, client_hashes=hashed("alice", "bob")))
    assert rig.ask({"do": "wait", "s": 2}).ok
    with working(rig, callers):
        patient = callers.submit(rig.ask)
        eventually(lambda: rig.control.job().held == 1)
        status, code, after_s = refused(rig)
        assert (status, code) == (429, "queue-full")
        assert 1 <= after_s <= 2, "one request of 2 s is before it, and it may wait 1 s"
        other = callers.submit(rig.ask, client_id="bob")
        eventually(lambda: rig.control.job().held == 2)
    assert patient.result().ok
    assert other.result().ok, "who has nothing there may always wait for one place"


def test_a_client_may_have_so_many_requests_at_once(rig: Rig, callers: ThreadPoolExecutor) -> None:
    target = rig.instance("s").target(Role.STANDBY)
    own = {client_hash("bob"): Allowance(at_once=3)}
    rig.control.publish_and_wait(
        route(target, allowance=Allowance(at_once=1), allowances=own, client_hashes=hashed("alice", "bob"))
    )
    with working(rig, callers):
        assert refused(rig) == (429, "too-many-requests", 1)
        bobs = [callers.submit(rig.ask, client_id="bob") for _ in range(3)]
        eventually(lambda: rig.control.job().held == 3)
        assert refused(rig, "bob")[:2] == (429, "too-many-requests")
    assert all(one.result().ok for one in bobs)
    assert rig.ask().ok
    # What is refused so wakes nothing and counts as nothing.
    eventually(lambda: rig.control.job().requests == 5 and not rig.control.job().in_flight)


def test_a_client_may_send_so_many_requests_a_second(rig: Rig) -> None:
    rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY), allowance=Allowance(per_second=0.01)))
    assert rig.ask().ok
    status, code, after_s = refused(rig)
    assert (status, code) == (429, "too-many-requests")
    assert 90 < after_s <= 100


@given(
    st.floats(0.1, 50),
    st.lists(st.floats(0, 2), max_size=60),
)
def test_however_requests_come_no_more_get_in_than_the_rate_allows(rate: float, pauses: list[float]) -> None:
    allowances, at, taken = Allowances(), 100.0, []
    allowances.change(Allowance(per_second=rate), {})
    for pause_s in pauses:
        at += pause_s
        allowances.sweep(at)
        refusal = allowances.enter("a", at)
        if refusal is None:
            taken.append(at)
            allowances.leave("a")
        else:
            _, after_s = refusal
            assert 0 < after_s <= 1 / rate + 1e-6
            assert allowances.enter(at, at) is None, "one client's rate is not another's"
            allowances.leave(at)
            at += after_s + 1e-6
            assert allowances.enter("a", at) is None, "after the seconds it was told it gets in"
            allowances.leave("a")
            taken.append(at)
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= max(1.0, rate) + (taken[last] - taken[first]) * rate + 1e-6


PEERS = {
    "as it comes": ("203.0.113.7", "", (), "203.0.113.7"),
    "nobody may say that he is another": ("203.0.113.7", "198.51.100.1", (), "203.0.113.7"),
    "a trusted proxy may": ("10.0.0.1", "198.51.100.1", ("10.0.0.1",), "198.51.100.1"),
    "of what it was told itself, nothing": ("10.0.0.1", "1.1.1.1, 198.51.100.1", ("10.0.0.1",), "198.51.100.1"),
    "two trusted proxies": ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", ("10.0.0.1", "10.0.0.2"), "198.51.100.1"),
    "a trusted proxy that says nothing": ("10.0.0.1", "", ("10.0.0.1",), "10.0.0.1"),
    "an IPv6 address is its line": ("2001:db8:1:2:3:4:5:6", "", (), "2001:db8:1:2::/64"),
    "a scoped one": ("fe80::1%eth0", "", (), "fe80::/64"),
    "IPv4 in IPv6": ("::ffff:203.0.113.7", "", (), "203.0.113.7"),
    "no address": ("10.0.0.1", "unknown", ("10.0.0.1",), "unknown"),
}


@pytest.mark.parametrize(("peer", "forwarded", "trusted", "caller"), PEERS.values(), ids=PEERS.keys())
def test_who_asks_a_public_api(peer: str, forwarded: str, trusted: tuple[str, ...], caller: str) -> None:
    assert caller_of(peer, forwarded, trusted) == caller
