"""What is particular to this computer: the proofs of life on disk, and what happens when somebody is killed midway."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from aibro_jupyter import clock, lifeline
from aibro_jupyter.machines import Market, machine
from aibro_jupyter.providers.base import State
from aibro_jupyter.providers.local import KEEP_S, LocalProvider
from aibro_jupyter.providers.volume import Volume
from tests.backends import processes_of
from tests.contract.conftest import Place, here
from tests.eventually import eventually

OD = Market.ON_DEMAND


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = here(tmp_path)
    yield made
    for instance_id in made.provider.owned():
        made.provider.terminate(instance_id)
    eventually(lambda: not made.provider.owned())
    eventually(lambda: not processes_of(made.home))


def volume(place: Place) -> Volume:
    return Volume(place.home.instances / "ins_a")


def agent(place: Place) -> psutil.Process:
    place.provider.launch("ins_a", place.machine, OD, place.boot)
    place.until("ins_a", State.RUNNING)
    found = lifeline.holder(volume(place).lock)
    assert found is not None
    return found


def test_the_agent_is_nobodys_child_and_knows_nothing_it_should_not(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AIBRO_TOKEN", "AIBRO_URL", "MY_CLOUD_SECRET", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH"):
        monkeypatch.setenv(name, "hush")
    monkeypatch.setenv("UV_TORCH_BACKEND", "cpu")
    process = agent(place)
    assert process not in psutil.Process().children(recursive=True)
    assert os.getsid(process.pid) == process.pid
    assert process.cwd() == str(place.home.root)
    assert "hush" not in process.environ().values()
    assert process.environ()["UV_TORCH_BACKEND"] == "cpu"
    assert place.boot.token not in " ".join([*process.cmdline(), *process.environ().values()])


def test_only_the_owner_reads_what_an_instance_boots_from(place: Place) -> None:
    agent(place)
    assert stat.S_IMODE((volume(place).root / "boot.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(volume(place).root.stat().st_mode) == 0o700


def test_an_agent_that_is_killed_is_gone_since_its_last_sign_of_life(place: Place) -> None:
    process = agent(place)
    children = process.children(recursive=True)
    process.kill()
    gone = place.until("ins_a", State.GONE)
    assert gone.since == volume(place).last_sign_at()
    assert gone.why
    assert place.provider.owned() == {}
    place.provider.start("ins_a")
    assert place.look("ins_a").state is State.GONE
    place.provider.terminate("ins_a")
    assert place.look("ins_a") == gone
    assert not volume(place).root.exists()
    eventually(lambda: all(lifeline.living(child.pid) is None for child in children))


def test_an_agent_that_will_not_end_is_killed_once_the_grace_is_over(place: Place) -> None:
    process = agent(place)
    process.send_signal(signal.SIGSTOP)
    asked_at = clock.now()
    place.provider.stop("ins_a")
    assert place.look("ins_a").state is State.STOPPING
    wanted = volume(place).wanted()
    assert wanted.kill_at >= asked_at + 10 + place.boot.request_limit_s
    assert place.look("ins_a").state is State.STOPPING
    volume(place).want("stop", kill_at=clock.now() - 1)
    place.until("ins_a", State.STOPPED)


def test_another_control_carries_on_where_the_first_was_killed(place: Place) -> None:
    agent(place)
    place.provider.stop("ins_a")
    other = LocalProvider(place.home)
    eventually(lambda: other.look(["ins_a"])["ins_a"].state is State.STOPPED)


def test_a_launch_that_was_killed_before_its_fork_is_absent_and_can_be_repeated(place: Place) -> None:
    agent(place)
    place.provider.stop("ins_a")
    place.until("ins_a", State.STOPPED)
    for mark in ("alive", "process", "agent.json"):
        (volume(place).root / mark).unlink(missing_ok=True)
    volume(place).want("start")
    assert place.look("ins_a").state is State.ABSENT
    place.provider.launch("ins_a", place.machine, OD, place.boot)
    place.until("ins_a", State.RUNNING)


def test_a_start_that_was_killed_before_its_fork_leaves_it_stopped(place: Place) -> None:
    agent(place)
    place.provider.stop("ins_a")
    before = place.until("ins_a", State.STOPPED)
    volume(place).want("start")
    assert place.look("ins_a") == before
    place.provider.start("ins_a")
    place.until("ins_a", State.RUNNING)


def test_a_delete_that_was_killed_midway_is_gone_and_goes_on(place: Place, tmp_path: Path) -> None:
    agent(place)
    shutil.copytree(volume(place).root, tmp_path / "copy")
    place.provider.terminate("ins_a")
    gone = place.until("ins_a", State.GONE)
    shutil.copytree(tmp_path / "copy", volume(place).root)
    assert place.look("ins_a") == gone
    assert not volume(place).root.exists()


def test_the_pid_of_a_mark_that_another_process_got_is_never_signalled(place: Place) -> None:
    agent(place)
    place.provider.stop("ins_a")
    place.until("ins_a", State.STOPPED)
    volume(place).lock.write_text(f"{os.getpid()} 1.0")
    lock = os.open(volume(place).lock, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert lifeline.holder(volume(place).lock) is None
        assert place.look("ins_a").state is State.STOPPING
    finally:
        os.close(lock)


def test_what_is_gone_for_thirty_days_is_forgotten(place: Place) -> None:
    agent(place)
    place.provider.terminate("ins_a")
    place.until("ins_a", State.GONE)
    place.provider.owned()
    assert volume(place).tombstone.exists()
    long_ago = clock.now() - KEEP_S - 60
    os.utime(volume(place).tombstone, (long_ago, long_ago))
    place.provider.owned()
    assert not volume(place).tombstone.exists()


def test_of_one_that_died_by_itself_only_the_logs_are_kept_and_for_thirty_days(place: Place) -> None:
    process = agent(place)
    eventually(lambda: (volume(place).root / "repo").exists())
    process.kill()
    gone = place.until("ins_a", State.GONE)
    place.provider.owned()
    assert place.look("ins_a") == gone
    assert (volume(place).root / "agent.log").exists()
    assert not [path for path in volume(place).root.iterdir() if path.is_dir()]
    long_ago = clock.now() - KEEP_S - 60
    for mark in ("alive", "process"):
        os.utime(volume(place).root / mark, (long_ago, long_ago))
    place.provider.owned()
    assert not volume(place).root.exists()
    assert json.loads(volume(place).tombstone.read_text())["since"] == pytest.approx(long_ago)


def test_spot_is_priced_but_not_offered_yet(place: Place) -> None:
    assert place.provider.simulated
    assert place.provider.price_micros("g4dn.4xlarge", Market.SPOT) == machine("g4dn.4xlarge").spot_micros
    assert not place.provider.offers("g4dn.4xlarge", Market.SPOT)
