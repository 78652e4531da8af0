"""What a request costs the agent and its slot, in what can be counted: times differ from machine to machine."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import psutil
import pytest

from aibro_jupyter.protocol.answerhead import ANSWER_HEAD
from tests.worker.rig import TOKEN, working

REQUESTS = 1_000
ECHO = "import os\ndef load_model(): ...\ndef run(model, data): return os.getpid()\n"


def ask(caller: socket.socket, number: int) -> int:
    """Ask as a gateway does, whose requests differ by their id alone, and return the slot's pid."""
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
    caller.sendall(f"{head}Content-Length: 2\r\nX-Aibro-Request-Id: req_{number}\r\n\r\n{{}}".encode())
    data = caller.recv(65536)
    found = ANSWER_HEAD.match(data)
    assert found is not None
    assert found["status"] == b"200"
    return int(data[found.end() :])


@pytest.mark.skipif(sys.platform != "linux", reason="/proc counts what a process reads and writes")
def test_a_request_is_four_reads_and_writes_of_the_agent_and_two_of_the_slot(tmp_path: Path) -> None:
    with working(tmp_path, envs=tmp_path / "envs", predict=ECHO) as worker:
        worker.reach("serving")
        host, _, port = (worker.root / "endpoint").read_text().partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as caller:
            processes = [psutil.Process(worker.process.pid), psutil.Process(ask(caller, 0))]
            before = [counted(process) for process in processes]
            for number in range(REQUESTS):
                ask(caller, number)
            agent, slot = (counted(process) - was for process, was in zip(processes, before, strict=True))
    assert 4 * REQUESTS <= agent <= 4 * REQUESTS + 50
    assert 2 * REQUESTS <= slot <= 2 * REQUESTS + 20


def counted(process: psutil.Process) -> int:
    counters = process.io_counters()
    return int(counters.read_count + counters.write_count)
