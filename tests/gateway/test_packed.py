"""Bodies packed with gzip."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from aibro_jupyter.errors import BadHttp, TooLarge
from aibro_jupyter.gateway.packed import gunzipped
from aibro_jupyter.states import Role
from tests.gateway.rig import Rig, route, running

MIB = 2**20
PACKED = {"Content-Encoding": "gzip", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running(tmp_path_factory.mktemp("gateway"), limits={"body_bytes": 8 * MIB}) as rig:
        rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
        yield rig


@pytest.mark.parametrize("size", [10, 100_000, 4 * MIB], ids=["small", "middle", "large"])
def test_the_model_gets_what_was_packed(rig: Rig, size: int) -> None:
    body = json.dumps({"x": os.urandom(size // 2).hex()}).encode()
    for _ in range(2):
        answer = requests.post(rig.url(), data=gzip.compress(body), headers=PACKED, timeout=60)
        assert answer.json()["body"].encode() == body
        assert answer.json()["content_type"] == "application/json"


REFUSED = {
    "no gzip": (b"{}", 400),
    "broken off": (gzip.compress(b"{}" * 1000)[:-5], 400),
    "something behind it": (gzip.compress(b"{}") + b"more", 400),
    "more than a body may be": (gzip.compress(os.urandom(9 * MIB), 1), 413),
    "a bomb": (gzip.compress(b"0" * 200 * MIB), 413),
}


@pytest.mark.parametrize(("body", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_unpacked_is_the_callers_mistake(rig: Rig, body: bytes, status: int) -> None:
    assert requests.post(rig.url(), data=body, headers=PACKED, timeout=60).status_code == status
    assert rig.ask().ok


def test_a_bomb_takes_no_more_memory_than_a_body(rig: Rig) -> None:
    bomb = gzip.compress(b"0" * 400 * MIB)

    def peak_mib() -> float:
        status = Path(f"/proc/{rig.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    requests.post(rig.url(), data=bomb, headers=PACKED, timeout=60)
    before = peak_mib()
    for _ in range(3):
        assert requests.post(rig.url(), data=bomb, headers=PACKED, timeout=60).status_code == 413
    assert peak_mib() - before < 50


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4))
def test_members_of_one_body_follow_each_other(parts: list[bytes]) -> None:
    assert gunzipped(b"".join(map(gzip.compress, parts)), 10_000) == b"".join(parts)


@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_are_unpacked_or_refused(body: bytes) -> None:
    try:
        gunzipped(body, 10_000)
    except (BadHttp, TooLarge):
        return
