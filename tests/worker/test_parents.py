"""A parked parent: the next slot has the imports, and every promise that a fresh one keeps."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
import pytest

from aibro_jupyter import lifeline
from aibro_jupyter.envs import parents
from aibro_jupyter.states import Role
from tests.eventually import eventually
from tests.worker.rig import LEAVING, PREDICT, Worker, left, start, working

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a parent is parked on Linux only")

IMPORTS = """
import numpy
import numpy.random
FIRST = numpy.random.rand()
"""
ANSWERS = 'return {"times"'
TELLS = 'if data.get("do") == "tell": return told()\n    return {"times"'
TOLD = """
def told():
    import numpy, sys
    return {
        "pid": os.getpid(), "sid": os.getsid(0), "group": os.getpgrp(), "cwd": os.getcwd(), "environ": dict(os.environ),
        "fds": sorted(os.readlink(f"/proc/self/fd/{fd}").split(":")[0] for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")),
        "argv": sys.argv, "path": sys.path, "main": sys.modules["__main__"].__file__, "first": FIRST,
        "parent": os.getppid(),
    }
"""


def with_numpy(predict: str = PREDICT) -> str:
    return IMPORTS + predict.replace(ANSWERS, TELLS) + TOLD


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose one environment has numpy."""
    home = tmp_path_factory.mktemp("home")
    (home / "run").mkdir()
    yield home
    parents.end_all(home / "run")
    eventually(lambda: not parents.parked(home / "run"))


@contextmanager
def cooling(tmp_path: Path, home: Path, predict: str | None = None) -> Iterator[Worker]:
    with working(
        tmp_path,
        envs=home / "envs",
        predict=predict or with_numpy(),
        role=Role.COOLING,
        lock=f"numpy=={metadata.version('numpy')}\n",
    ) as worker:
        worker.reach("serving")
        yield worker


def again(worker: Worker) -> Worker:
    worker.process.send_signal(signal.SIGTERM)
    worker.process.wait(60)
    # In place: whoever made the worker ends this process too.
    worker.process = start(worker.root).process
    worker.reach("serving")
    return worker


def parent(home: Path) -> psutil.Process:
    def found() -> psutil.Process | None:
        sockets = list((home / "run" / "parents").glob("*/socket"))
        alive = parents.parked(home / "run")
        return alive[0] if sockets and alive else None

    return eventually(found, timeout_s=60)


def tell(worker: Worker) -> dict[str, Any]:
    told: dict[str, Any] = worker.predict(do="tell").json()
    return told


def test_the_next_slot_is_forked_and_is_like_a_fresh_one(tmp_path: Path, home: Path) -> None:
    with cooling(tmp_path, home) as worker:
        fresh = tell(worker)
        parked = parent(home)
        worker = again(worker)
        forked = tell(worker)
        assert fresh["parent"] != parked.pid
        assert forked["parent"] == parked.pid
        assert forked["sid"] == forked["group"] == forked["pid"]
        assert forked["cwd"] == fresh["cwd"]
        for same in ("environ", "fds", "argv", "path", "main"):
            assert forked[same] == fresh[same], same
        assert forked["first"] != tell(again(worker))["first"]
        assert "A_SECRET" not in parked.environ()
        assert parked.num_threads() == 1


def test_a_forked_slot_ends_with_its_agent_and_its_exit_is_told(tmp_path: Path, home: Path) -> None:
    with cooling(tmp_path, home) as worker:
        parked = parent(home)
        worker = again(worker)
        slot = tell(worker)["pid"]
        assert worker.predict(do="exit").headers["X-Aibro-Failure"] == "slot-crash"
        eventually(lambda: not psutil.pid_exists(slot))
        worker.reach("serving")
        assert "exit code 7" in worker.logs()
        slot = tell(worker)["pid"]
        assert psutil.Process(slot).ppid() == parked.pid
        worker.process.kill()
        worker.process.wait(60)
        eventually(lambda: not psutil.pid_exists(slot))
        assert parked.is_running()
        assert not parked.children()


def test_without_its_parent_a_slot_goes_on_and_the_next_is_fresh(tmp_path: Path, home: Path) -> None:
    with cooling(tmp_path, home) as worker:
        parked = parent(home)
        worker = again(worker)
        slot = tell(worker)["pid"]
        os.kill(parked.pid, signal.SIGKILL)
        eventually(lambda: not parents.parked(home / "run"))
        assert tell(worker)["pid"] == slot
        worker = again(worker)
        assert tell(worker)["pid"] != slot
        eventually(lambda: lifeline.living(slot) is None)
        parent(home)
        assert parents.end_all(home / "run") == 1


def test_no_slot_is_forked_where_imports_start_threads(tmp_path: Path, home: Path) -> None:
    package = tmp_path / "site-packages"
    package.mkdir()
    (package / "starts_threads.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    )
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False)
    (next(environment.glob("lib/*/site-packages")) / "t.pth").write_text(str(package))
    threaded = parents.parent_of(home / "envs", environment / "bin" / "python", 1)
    assert threaded is not None
    threaded.park(["starts_threads"], {})
    eventually(lambda: (threaded.root / "off").exists())
    assert "threads" in (threaded.root / "off").read_text()
    threaded.park(["starts_threads"], {})
    eventually(lambda: not parents.parked(home / "run"))
    assert threaded.fork(tmp_path, {}, (0, 1, 2)) is None


def connected(root: Path) -> socket.socket:
    def attempt() -> socket.socket | None:
        agent = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            agent.connect(f"/proc/self/fd/{folder}/socket")
        except ConnectionRefusedError:  # what a parent that was killed left behind; the next one imports yet
            agent.close()
            return None
        finally:
            os.close(folder)
        agent.settimeout(60)
        return agent

    return eventually(attempt, timeout_s=60)


def hang_up(root: Path, moment: str) -> None:
    """Ask a parent for a slot, and be gone at that moment."""
    with connected(root) as agent, open(os.devnull, "r+b") as nothing, contextlib.suppress(OSError):
        match moment:
            case "before":
                return
            case "garbage":
                agent.send(b"\xff" * 4000)
            case "too few":
                socket.send_fds(agent, [b"slot"], [nothing.fileno()])
            case "during":
                socket.send_fds(agent, [b"slot"], [nothing.fileno()] * 4)
            case "after":
                socket.send_fds(agent, [b"slot"], [nothing.fileno()] * 4)
                _, fds, _, _ = socket.recv_fds(agent, 4096, 1)
                for fd in fds:
                    os.close(fd)


def test_no_request_ends_a_parent(tmp_path: Path, home: Path) -> None:
    with cooling(tmp_path, home) as worker:
        parked = parent(home)
        root = next((home / "run" / "parents").glob("*/socket")).parent
        connected(root).close()
        worker = again(worker)
        slot = tell(worker)
        assert slot["parent"] == parked.pid
        eventually(lambda: [child.pid for child in parked.children()] == [slot["pid"]])
        held = parked.num_fds()
        with connected(root):  # says nothing, for as long as the others ask
            for _ in range(50):
                for moment in ("before", "garbage", "too few", "during", "after"):
                    hang_up(root, moment)
            worker = again(worker)
        slot = tell(worker)
        assert slot["parent"] == parked.pid
        eventually(lambda: [child.pid for child in parked.children()] == [slot["pid"]])
        eventually(lambda: parked.num_fds() == held)
        assert [one.pid for one in parents.parked(home / "run")] == [parked.pid]


@pytest.mark.parametrize("spare", [0, 1, 2, 5, 6])
def test_a_parent_without_descriptors_leaves_no_slot_and_serves_when_it_has_some(
    tmp_path: Path, home: Path, spare: int
) -> None:
    with cooling(tmp_path, home) as worker:
        parked = parent(home)
        root = next((home / "run" / "parents").glob("*/socket")).parent
        connected(root).close()
        slots = eventually(
            lambda: parked.children() if tell(worker)["parent"] == parked.pid else again(worker) and None
        )
        before = resource.prlimit(parked.pid, resource.RLIMIT_NOFILE)
        lowest_free = max(int(name) for name in os.listdir(f"/proc/{parked.pid}/fd")) + 1
        resource.prlimit(parked.pid, resource.RLIMIT_NOFILE, (lowest_free + spare, before[1]))
        with contextlib.ExitStack() as stack:
            waiting = [stack.enter_context(connected(root)) for _ in range(4)]
            for agent in waiting:
                with contextlib.suppress(OSError), open(os.devnull, "r+b") as nothing:
                    socket.send_fds(agent, [b"slot"], [nothing.fileno()] * 4)
            eventually(lambda: parked.status() in (psutil.STATUS_SLEEPING, psutil.STATUS_IDLE))
        resource.prlimit(parked.pid, resource.RLIMIT_NOFILE, before)
        eventually(lambda: parked.children() == slots)
        assert psutil.Process(tell(again(worker))["pid"]).ppid() == parked.pid


def test_what_a_forked_slot_left_in_a_session_of_its_own_ends_with_it(tmp_path: Path, home: Path) -> None:
    with cooling(tmp_path, home, predict=with_numpy(LEAVING)) as worker:
        parked = parent(home)
        connected(next((home / "run" / "parents").glob("*/socket")).parent).close()
        worker = again(worker)
        assert tell(worker)["parent"] == parked.pid
        crashed = left(worker, tmp_path / "crashed", "leave and exit")
        eventually(lambda: lifeline.living(crashed) is None)
        worker.reach("serving")
        assert tell(worker)["parent"] == parked.pid
        others = [left(worker, tmp_path / do, do) for do in ("leave", "daemon")]
        worker.process.kill()
        worker.process.wait(60)
        eventually(lambda: not any(lifeline.living(pid) for pid in others))
        eventually(lambda: not parked.children())
        assert [one.pid for one in parents.parked(home / "run")] == [parked.pid]
