"""Several gateways on the one socket of a backend."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.home import Home
from aibro_jupyter.inference import Inference
from tests.backends import info, tiny_repo
from tests.eventually import eventually

SURELY_S = 150
"""Longer than it takes to find one that hangs on a busy computer; 30 s are documented."""


@pytest.fixture
def two(home: Home) -> Home:
    home.make().settings_file.write_text("[gateway]\nprocesses = 2\n")
    return home


def gateways(home: Home) -> list[psutil.Process]:
    children = psutil.Process(info(home).pid).children()
    return [
        one for one in children if one.status() != psutil.STATUS_ZOMBIE and "aibro_jupyter.gateway" in one.cmdline()
    ]


@contextmanager
def connections(url: str, home: Home) -> Iterator[list[requests.Session]]:
    """Give a kept connection to each gateway: which one answers shows in the request's id."""
    found: dict[str, requests.Session] = {}
    with ExitStack() as stack:

        def both() -> bool:
            session = stack.enter_context(requests.Session())
            session.trust_env = False
            answer = session.post(url, json={}, timeout=60)
            assert answer.ok
            found.setdefault(answer.headers["X-Aibro-Request-Id"][:12], session)
            return len(found) == len(gateways(home))

        eventually(both, every_s=0)
        yield list(found.values())


def test_a_revoked_client_is_out_at_every_gateway_when_the_call_returns(two: Home, tmp_path: Path) -> None:
    backend()
    repo = tiny_repo(tmp_path / "repo", "def load_model():\n    return 1\n\n\ndef run(model, data):\n    return data\n")
    url = Inference.deploy("iris", "c5.large.od", str(repo), client_ids=["alice", "bob"])
    assert len(gateways(two)) == 2
    with connections(url, two) as kept:
        Inference.update_clients(model_name="iris", remove_client_ids=["alice"])
        assert [one.post(url, json={}, timeout=60).status_code for one in kept] == [404, 404]


def test_one_that_hangs_keeps_no_new_caller_for_long_and_is_replaced(two: Home) -> None:
    backend()
    before = eventually(lambda: len(gateways(two)) == 2 and gateways(two))
    before[0].send_signal(signal.SIGSTOP)
    url = info(two).gateway_url
    for _ in range(20):
        assert requests.get(f"{url}/healthz", timeout=SURELY_S).ok
    eventually(lambda: before[0] not in gateways(two) and len(gateways(two)) == 2, timeout_s=SURELY_S, every_s=0.5)
    assert before[1] in gateways(two)


def test_one_that_is_killed_comes_back_and_the_other_goes_on(two: Home) -> None:
    backend()
    before = eventually(lambda: len(gateways(two)) == 2 and gateways(two))
    before[1].kill()
    assert requests.get(f"{info(two).gateway_url}/healthz", timeout=60).ok
    eventually(lambda: before[1] not in gateways(two) and len(gateways(two)) == 2)
