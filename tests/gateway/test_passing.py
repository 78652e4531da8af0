"""How answers pass through a gateway: as they come, at the pace of their caller, and never as a whole that they are not."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
import requests

from aibro_jupyter.states import Role
from tests.eventually import eventually
from tests.gateway.rig import Rig, hashed, route, running
from tests.http1.talking import post

MIB = 2**20


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running(tmp_path, report_s=0.05) as rig:
        yield rig


def big(size: int) -> bytes:
    return post(json.dumps({"do": "big", "bytes": size}).encode(), target=b"/v1/ada/alice/iris/predict")


def peak_mib(rig: Rig) -> float:
    status = Path(f"/proc/{rig.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def read(client: socket.socket) -> int:
    """Read an answer to its end and return the bytes of its body that came."""
    head, got = b"", 0
    while b"\r\n\r\n" not in head:
        head += client.recv(1)
    length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
    while got < length and (data := client.recv(MIB)):
        got += len(data)
    return got


def test_a_large_answer_passes_in_constant_memory(rig: Rig) -> None:
    rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
    assert rig.ask().ok
    before = peak_mib(rig)
    with socket.create_connection(("127.0.0.1", rig.port)) as client:
        client.sendall(big(200 * MIB))
        assert read(client) == 200 * MIB
    assert peak_mib(rig) - before < 50


def test_who_reads_slowly_keeps_nobody_from_the_model(rig: Rig) -> None:
    rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
    with socket.create_connection(("127.0.0.1", rig.port)) as client:
        client.sendall(big(50 * MIB))
        assert client.recv(1) == b"H"
        for _ in range(5):
            assert rig.ask().ok
        eventually(lambda: rig.control.job().requests == 6)
        assert rig.control.job().in_flight == {"s": 1}, "its answer is still under way"
        assert peak_mib(rig) < 150
        assert read(client) == 50 * MIB
    eventually(lambda: rig.control.job().in_flight == {})


def test_who_leaves_in_the_middle_of_an_answer_leaves_nothing_behind(rig: Rig) -> None:
    rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
    with socket.create_connection(("127.0.0.1", rig.port)) as client:
        client.sendall(big(50 * MIB))
        assert client.recv(1) == b"H"
    eventually(lambda: rig.control.job().in_flight == {})
    assert rig.ask().ok


def test_an_answer_that_breaks_off_is_seen_to_break(rig: Rig) -> None:
    rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
    with socket.create_connection(("127.0.0.1", rig.port)) as client:
        client.sendall(big(50 * MIB))
        assert client.recv(1) == b"H"
        rig.instances[0].kill()
        got = 0
        with suppress(ConnectionResetError):
            got = read(client)
        assert got < 50 * MIB
    eventually(lambda: rig.control.job().lost >= 1)


def test_pipelined_requests_are_answered_in_their_order(rig: Rig) -> None:
    rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
    asked = [
        post(json.dumps({"n": number}).encode(), target=b"/v1/ada/alice/iris/predict", close=number == 299)
        for number in range(300)
    ]
    with socket.create_connection(("127.0.0.1", rig.port)) as client:
        client.sendall(b"".join(asked))
        answers = b""
        while data := client.recv(MIB):
            answers += data
    bodies = [json.loads(part.partition(b"\r\n\r\n")[2]) for part in answers.split(b"HTTP/1.1 200 OK")[1:]]
    assert [json.loads(body["body"])["n"] for body in bodies] == list(range(300))


def test_who_is_revoked_while_he_waits_is_turned_away(rig: Rig, tmp_path: Path) -> None:
    target = rig.instance("s").target(Role.STANDBY)
    with ThreadPoolExecutor(2) as callers:
        rig.control.publish_and_wait(route(target, client_hashes=hashed("alice", "bob")))
        working = callers.submit(rig.ask, {"do": "until", "path": str(tmp_path / "gate")})
        eventually(lambda: rig.control.job().in_flight == {"s": 1})
        waiting = callers.submit(rig.ask, client_id="bob")
        eventually(lambda: rig.control.job().held == 1)
        rig.control.publish_and_wait(route(target, client_hashes=hashed("alice")))
        assert waiting.result().status_code == 404
        (tmp_path / "gate").touch()
        assert working.result().status_code == 200


def test_a_client_that_asks_much_waits_behind_himself(rig: Rig, tmp_path: Path) -> None:
    target = rig.instance("s").target(Role.STANDBY)
    rig.control.publish_and_wait(route(target, client_hashes=hashed("alice", "bob")))
    ended: list[str] = []

    def ask(client_id: str, **body: object) -> None:
        assert rig.ask(body, client_id=client_id).ok
        ended.append(client_id)

    with ThreadPoolExecutor(16) as callers:
        noisy = [callers.submit(ask, "alice", do="until", path=str(tmp_path / "gate"))]
        eventually(lambda: rig.control.job().in_flight == {"s": 1})
        noisy += [callers.submit(ask, "alice", do="wait", s=0.2) for _ in range(9)]
        eventually(lambda: rig.control.job().held == 9)
        polite = callers.submit(ask, "bob", do="wait", s=0)
        eventually(lambda: rig.control.job().held == 10)
        (tmp_path / "gate").touch()
        polite.result()
        assert ended.count("alice") < 9
        for one in noisy:
            one.result()


def test_an_answer_has_one_length_and_one_date(rig: Rig) -> None:
    rig.control.publish_and_wait(route(rig.instance("s").target(Role.STANDBY)))
    with closing(requests.post(rig.url(), json={}, stream=True)) as answer:
        names = [name.lower() for name in answer.raw.headers]
        for name in ("content-length", "content-type", "date", "x-aibro-request-id"):
            assert names.count(name) == 1, names
