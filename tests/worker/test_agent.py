from __future__ import annotations

import hashlib
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests

from aibro_jupyter.protocol import Boot, decode
from aibro_jupyter.protocol.answerhead import ANSWER_HEAD
from tests.eventually import eventually
from tests.worker.rig import TOKEN, Worker, agent_json, repo, start, working


@pytest.fixture(scope="module")
def envs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("envs")


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory, envs: Path) -> Iterator[Worker]:
    with working(tmp_path_factory.mktemp("worker"), envs=envs) as worker:
        eventually(lambda: worker.reach("serving"))
        yield worker


@pytest.fixture
def callers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as callers:
        yield callers


def test_it_comes_up_by_itself_and_answers(worker: Worker) -> None:
    answer = worker.predict(x=14)
    assert (answer.status_code, answer.json()["times"]) == (200, 42)
    assert "model;dur=" in answer.headers["Server-Timing"]
    health = worker.health()
    assert (health.instance_id, health.stage, health.why, health.in_flight) == ("ins_1", "serving", "", 0)
    assert health.memory_mib > 0
    assert health.load_s is not None


def test_it_says_who_and_where_it_is(worker: Worker) -> None:
    about = agent_json(worker)
    assert about["pid"] == worker.process.pid
    assert abs(about["pid_started_at"] - psutil.Process(worker.process.pid).create_time()) < 1
    before = (worker.root / "alive").stat().st_mtime
    eventually(lambda: (worker.root / "alive").stat().st_mtime > before)


def test_a_second_agent_in_the_same_folder_goes_away(worker: Worker) -> None:
    assert start(worker.root).process.wait(60) == 0
    assert worker.predict(x=1).ok


@pytest.mark.parametrize("path", ["/health", "/logs", "/predict", "/nothing"])
def test_nothing_without_the_token(worker: Worker, path: str) -> None:
    assert worker.ask("POST" if path == "/predict" else "GET", path, token="wrong").status_code == 401
    assert requests.get(worker.url + path, timeout=60).status_code == 401


def test_the_model_lives_in_a_copy_with_a_clean_environment(worker: Worker) -> None:
    told = worker.predict().json()
    assert told["here"] == str(worker.root / "slots" / "0")
    assert "predict.py" in told["beside"]
    assert told["environ"]["OMP_NUM_THREADS"] == "1"
    assert "A_SECRET" not in told["environ"]
    assert "PYTHONDONTWRITEBYTECODE" not in told["environ"]


def test_the_model_inherits_nothing_of_ours(worker: Worker) -> None:
    """A process that a model leaves behind must not hold the lock by which a provider knows that we live."""
    inherited = worker.root / "process"
    assert str(inherited) in [file.path for file in psutil.Process(worker.process.pid).open_files()]
    assert psutil.Process(worker.predict().json()["pid"]).open_files() == []


def test_the_models_error_is_told_without_its_traceback(worker: Worker) -> None:
    answer = worker.predict(do="raise")
    assert answer.status_code == 500
    assert answer.json() == {
        "error": {"code": "model-error", "message": "ValueError: not today"},
        "request_id": "req_1",
    }
    logged = [line for line in worker.logs().splitlines() if "[req_1]" in line]
    assert any("Traceback" in line for line in logged)
    assert any("ValueError: not today" in line for line in logged)
    assert "asked for raise" in worker.logs()


def test_what_does_not_fit_is_the_callers_fault(worker: Worker) -> None:
    answer = worker.ask("POST", "/predict", data=b"no json")
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["code"] == "bad-input"


def test_what_cannot_be_answered_is_told(worker: Worker) -> None:
    answer = worker.predict(do="unanswerable")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "bad-result")


def test_a_crash_is_told_apart_and_the_slot_comes_back(worker: Worker) -> None:
    answer = worker.predict(do="exit")
    assert (answer.status_code, answer.headers["X-Aibro-Failure"]) == (502, "slot-crash")
    worker.reach("serving")
    assert worker.predict(x=1).json()["times"] == 3
    assert "exit code 7" in worker.logs()


def test_what_a_model_changes_is_gone_with_its_slot(worker: Worker) -> None:
    worker.predict(do="scribble")
    worker.predict(do="exit")
    worker.reach("serving")
    assert worker.predict(x=1).json()["times"] == 3
    assert (worker.root / "repo" / "model" / "model.json").read_text() == '{"factor": 3}'


def test_a_second_request_waits_its_turn(worker: Worker, callers: ThreadPoolExecutor) -> None:
    first = callers.submit(worker.predict, do="wait", s=0.5)
    eventually(lambda: worker.health().in_flight == 1)
    assert worker.predict(x=2).json()["times"] == 6
    assert first.result().status_code == 200


def test_a_large_answer_comes_whole(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, predict="def load_model(): ...\ndef run(model, data): return data\n") as worker:
        worker.reach("serving")
        for size in (65_000, 66_000, 5_000_000):
            said = "x" * size
            assert worker.ask("POST", "/predict", json=said).json() == said


def test_one_that_waited_too_long_may_be_tried_elsewhere(worker: Worker, callers: ThreadPoolExecutor) -> None:
    first = callers.submit(worker.predict, do="wait", s=3)
    eventually(lambda: worker.health().in_flight == 1)
    answer = worker.predict()
    assert (answer.status_code, answer.headers["X-Aibro-Failure"]) == (503, "busy")
    assert first.result().status_code == 200


def test_no_more_wait_than_may(tmp_path: Path, envs: Path, callers: ThreadPoolExecutor) -> None:
    with working(tmp_path, envs=envs, ahead=1) as worker:
        worker.reach("serving")
        both = [callers.submit(worker.predict, do="wait", s=0.7) for _ in range(2)]
        eventually(lambda: worker.health().in_flight == 2)
        assert worker.predict().headers["X-Aibro-Failure"] == "busy"
        assert [one.result().status_code for one in both] == [200, 200]


def test_who_waits_for_a_slot_that_crashes_is_told_that_it_never_began(
    worker: Worker, callers: ThreadPoolExecutor
) -> None:
    worker.reach("serving")
    waits = callers.submit(worker.predict, do="wait then exit", s=0.7)
    eventually(lambda: worker.health().in_flight == 1)
    behind = callers.submit(worker.predict)
    assert waits.result().headers["X-Aibro-Failure"] == "slot-crash"
    assert behind.result().headers["X-Aibro-Failure"] == "not-ready"
    worker.reach("serving")


def test_the_answers_head_has_the_form_that_a_gateway_knows(worker: Worker) -> None:
    worker.reach("serving")
    host, _, port = (worker.root / "endpoint").read_text().partition(":")
    ask = f"POST /predict HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 2\r\n"
    with socket.create_connection((host, int(port)), timeout=60) as caller:
        for last in ("", "Connection: close\r\n"):
            caller.sendall(f"{ask}{last}\r\n{{}}".encode())
            data = b""
            while (found := ANSWER_HEAD.match(data)) is None or len(data) < found.end() + int(found["length"]):
                data += caller.recv(65536)
            assert (found["status"], found["content_type"]) == (b"200", b"application/json")
            assert found["model_ms"] is not None
            assert (b"Connection: close" in found["fields"]) is bool(last)
            assert found["fields"] == b"" or last
        assert caller.recv(1) == b""


def test_an_overrun_ends_the_slot_and_not_the_instance(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, request_limit_s=1) as worker:
        worker.reach("serving")
        pid = worker.predict().json()["pid"]
        answer = worker.predict(do="wait", s=600)
        assert (answer.status_code, answer.headers["X-Aibro-Failure"]) == (504, "time-limit")
        worker.reach("serving")
        assert worker.predict().json()["pid"] != pid


def test_enforced_memory_is_a_limit(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs, memory_mib=256, enforce=True) as worker:
        worker.reach("serving")
        assert worker.predict(do="eat", mib=10).json() == 10 * 2**20
        answer = worker.predict(do="eat", mib=300)
        assert (answer.status_code, answer.json()["error"]["message"].partition(":")[0]) == (500, "MemoryError")


FAILING = {
    "an import that fails": ({"predict": "import nothing_of_the_kind\n"}, "nothing_of_the_kind"),
    "a load that fails": (
        {"predict": "def load_model():\n    raise RuntimeError('no weights')\ndef run(model): return 1\n"},
        "no weights",
    ),
    "a load that ends the process": (
        {
            "predict": "import os\ndef load_model():\n    print('last words', flush=True)\n    os._exit(9)\ndef run(m): ...\n"
        },
        "last words",
    ),
    "another archive than promised": ({"bundle": hashlib.sha256(b"other").hexdigest()}, ""),
    "an archive that is not there": ({"bundle_url": "file:///nowhere.tar.gz"}, ""),
    "a server that is not there": ({"bundle_url": "http://127.0.0.1:9/x?secret"}, "could not be fetched"),
    "a Python nobody has": ({"python": "3.2"}, "3.2"),
}


@pytest.mark.parametrize(("boot", "why"), FAILING.values(), ids=FAILING.keys())
def test_what_fails_is_reported_and_waits_for_control(
    tmp_path: Path, envs: Path, boot: dict[str, str], why: str
) -> None:
    with working(tmp_path, envs=envs, **boot) as worker:
        health = worker.reach("failed")
        assert why in health.why
        assert health.why
        assert "secret" not in health.why
        assert worker.predict().headers["X-Aibro-Failure"] == "not-ready"


def test_it_stops_politely_and_comes_back_on_its_volume(
    tmp_path: Path, envs: Path, callers: ThreadPoolExecutor
) -> None:
    with working(tmp_path, envs=envs) as worker:
        worker.reach("serving")
        under_way = callers.submit(worker.predict, do="wait", s=1)
        eventually(lambda: worker.health().in_flight == 1)
        worker.process.send_signal(signal.SIGTERM)
        assert under_way.result().status_code == 200
        assert worker.process.wait(60) == 0
        assert not (worker.root / "endpoint").exists()
        Path(decode((worker.root / "boot.json").read_bytes(), Boot).bundle_url.removeprefix("file://")).unlink()
        again = start(worker.root)
        try:
            again.reach("serving")
            assert again.predict(x=2).json()["times"] == 6
        finally:
            again.process.terminate()
            assert again.process.wait(60) == 0


def test_the_model_dies_with_its_agent(tmp_path: Path, envs: Path) -> None:
    with working(tmp_path, envs=envs) as worker:
        worker.reach("serving")
        model = psutil.Process(worker.predict().json()["pid"])
        worker.process.kill()
        worker.process.wait(60)
        eventually(lambda: not model.is_running() or model.status() == psutil.STATUS_ZOMBIE)


def test_it_fetches_over_http(tmp_path: Path, envs: Path) -> None:
    import functools
    import http.server
    import threading

    from aibro_jupyter.repo.bundle import pack

    bundle = pack(repo(tmp_path / "other"), tmp_path / "served")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=bundle.path.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/{bundle.path.name}"
        with working(tmp_path, envs=envs, bundle_url=url, bundle=bundle.sha256) as worker:
            worker.reach("serving")
            assert worker.predict(x=1).json()["times"] == 3
            assert not (worker.root / "bundle.tar.gz").exists()
        server.shutdown()


@pytest.mark.parametrize("wrong", [b"\xff", b"\xed\xa0\x80", "schlüssel".encode(), b"%ED%A0%80", b"9" * 3000])
def test_what_is_no_text_is_never_an_error_of_ours(worker: Worker, wrong: bytes) -> None:
    host, _, port = (worker.root / "endpoint").read_text().partition(":")
    good = b"Authorization: Bearer " + TOKEN.encode() + b"\r\n"
    for line, header in (
        (b"GET /health", b"Authorization: Bearer " + wrong + b"\r\n"),
        (b"GET /health", good + b"X-" + wrong + b": x\r\n"),
        (b"GET /" + wrong, good),
        (b"GET /logs?lines=" + wrong, good),
        (b"POST /predict", good + b"X-Aibro-Request-Id: " + wrong + b"\r\nContent-Length: 2\r\n"),
        (b"POST /predict", good + b"Content-Type: application/json; charset=" + wrong + b"\r\nContent-Length: 2\r\n"),
        (b"POST /predict", good + b"Content-Type: " + wrong + b"\r\nContent-Length: 2\r\n"),
    ):
        with socket.create_connection((host, int(port)), timeout=60) as caller:
            body = b"{}" if b"Length" in header else b""
            caller.sendall(line + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + header + b"\r\n" + body)
            assert caller.recv(12)[9:10] in (b"2", b"4"), (line, header)
    assert "Traceback" not in (worker.root / "agent.log").read_text(errors="replace")
