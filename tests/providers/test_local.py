"""What is particular to this computer: the proofs of life on disk, and what happens when somebody is killed midway."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from aibro_jupyter import clock, lifeline
from aibro_jupyter.machines import Market, machine
from aibro_jupyter.providers.base import State
from aibro_jupyter.providers.instance import BEAT_S, HUNG_S, KEPT_BYTES, LocalInstance
from aibro_jupyter.providers.local import KEEP_S, LocalProvider
from tests.backends import processes_of
from tests.contract.conftest import Rig, here
from tests.eventually import eventually

OD = Market.ON_DEMAND


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = here(tmp_path)
    yield made
    for instance_id in made.provider.owned():
        made.provider.terminate(instance_id)
    eventually(lambda: not made.provider.owned())
    eventually(lambda: not processes_of(made.home))


def instance(rig: Rig) -> LocalInstance:
    return LocalInstance(rig.home.instances / "ins_a")


def agent(rig: Rig) -> psutil.Process:
    rig.provider.launch("ins_a", rig.machine, OD, rig.boot)
    rig.until("ins_a", State.RUNNING)
    found = lifeline.holder(instance(rig).lock)
    assert found is not None
    return found


def test_the_agent_is_nobodys_child_and_knows_nothing_it_should_not(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIBRO_TOKEN", "AIBRO_URL", "MY_CLOUD_SECRET", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH"):
        monkeypatch.setenv(name, "hush")
    monkeypatch.setenv("UV_TORCH_BACKEND", "cpu")
    process = agent(rig)
    assert process not in psutil.Process().children(recursive=True)
    assert os.getsid(process.pid) == process.pid
    assert process.cwd() == str(rig.home.root)
    assert "hush" not in process.environ().values()
    assert process.environ()["UV_TORCH_BACKEND"] == "cpu"
    assert rig.boot.token not in " ".join([*process.cmdline(), *process.environ().values()])


def test_only_the_owner_reads_what_an_instance_boots_from(rig: Rig) -> None:
    agent(rig)
    assert stat.S_IMODE((instance(rig).root / "boot.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(instance(rig).root.stat().st_mode) == 0o700


def test_an_agent_that_is_killed_is_gone_since_its_last_sign_of_life(rig: Rig) -> None:
    process = agent(rig)
    children = process.children(recursive=True)
    process.kill()
    gone = rig.until("ins_a", State.GONE)
    sign = instance(rig).last_sign_at()
    assert gone.since is not None
    assert sign is not None
    assert sign <= gone.since <= sign + BEAT_S, "a kill costs at most one beat"
    assert gone.ran == (instance(rig).forked_at(), gone.since)
    assert gone.why
    assert rig.provider.owned() == {}
    rig.provider.start("ins_a")
    assert rig.look("ins_a").state is State.GONE
    rig.provider.terminate("ins_a")
    assert rig.look("ins_a") == gone
    assert not instance(rig).root.exists()
    eventually(lambda: all(lifeline.living(child.pid) is None for child in children))


def test_an_agent_that_is_killed_before_its_first_beat_ran_all_the_same(rig: Rig) -> None:
    rig.provider.launch("ins_a", rig.machine, OD, rig.boot)
    holder = lifeline.holder(instance(rig).lock)
    assert holder is not None
    holder.kill()
    killed_at = clock.now()
    gone = rig.until("ins_a", State.GONE)
    assert not (instance(rig).root / "alive").exists()
    assert gone.ran is not None
    begun, ended = gone.ran
    assert begun < killed_at <= ended + 0.01, "never short"
    assert rig.look("ins_a") == gone, "whoever looks later is told the same"


def test_an_agent_that_hangs_is_killed_as_soon_as_it_shall_end_and_ran_until_then(rig: Rig) -> None:
    process = agent(rig)
    eventually((instance(rig).root / "alive").exists)
    process.suspend()
    long_ago = time.time() - 2 * HUNG_S
    for mark in (instance(rig).root / "alive", instance(rig).lock):
        os.utime(mark, (long_ago, long_ago))
    assert rig.provider.look(["ins_a"])["ins_a"].state is State.RUNNING
    asked_at = time.time()
    rig.provider.terminate("ins_a")
    gone = rig.until("ins_a", State.GONE)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    assert gone.since is not None
    assert gone.since >= asked_at - 2 * BEAT_S, "its process lived, whatever its beat said"


def test_an_agent_that_hangs_after_it_was_asked_is_not_waited_for(rig: Rig) -> None:
    process = agent(rig)
    eventually((instance(rig).root / "alive").exists)
    process.suspend()
    rig.provider.stop("ins_a")
    assert rig.provider.look(["ins_a"])["ins_a"].state is State.STOPPING
    long_ago = time.time() - 2 * HUNG_S
    for mark in (instance(rig).root / "alive", instance(rig).lock):
        os.utime(mark, (long_ago, long_ago))
    rig.until("ins_a", State.STOPPED)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_an_agent_that_will_not_end_is_killed_once_the_grace_is_over(rig: Rig) -> None:
    process = agent(rig)
    process.send_signal(signal.SIGSTOP)
    asked_at = clock.now()
    rig.provider.stop("ins_a")
    assert rig.look("ins_a").state is State.STOPPING
    wanted = instance(rig).wanted()
    assert wanted.kill_at >= asked_at + 10 + rig.boot.request_limit_s
    assert rig.look("ins_a").state is State.STOPPING
    instance(rig).want("stop", kill_at=clock.now() - 1)
    rig.until("ins_a", State.STOPPED)


def test_another_control_carries_on_where_the_first_was_killed(rig: Rig) -> None:
    agent(rig)
    rig.provider.stop("ins_a")
    other = LocalProvider(rig.home)
    eventually(lambda: other.look(["ins_a"])["ins_a"].state is State.STOPPED)


def test_a_launch_that_was_killed_before_its_fork_is_absent_and_can_be_repeated(rig: Rig) -> None:
    agent(rig)
    rig.provider.stop("ins_a")
    rig.until("ins_a", State.STOPPED)
    for mark in ("alive", "process", "agent.json"):
        (instance(rig).root / mark).unlink(missing_ok=True)
    instance(rig).want("start")
    assert rig.look("ins_a").state is State.ABSENT
    rig.provider.launch("ins_a", rig.machine, OD, rig.boot)
    rig.until("ins_a", State.RUNNING)


def test_a_start_that_was_killed_before_its_fork_leaves_it_stopped(rig: Rig) -> None:
    agent(rig)
    rig.provider.stop("ins_a")
    before = rig.until("ins_a", State.STOPPED)
    instance(rig).want("start")
    assert rig.look("ins_a") == before
    rig.provider.start("ins_a")
    rig.until("ins_a", State.RUNNING)


def test_a_delete_that_was_killed_midway_is_gone_and_goes_on(rig: Rig, tmp_path: Path) -> None:
    agent(rig)
    shutil.copytree(instance(rig).root, tmp_path / "copy")
    rig.provider.terminate("ins_a")
    gone = rig.until("ins_a", State.GONE)
    shutil.copytree(tmp_path / "copy", instance(rig).root)
    assert rig.look("ins_a") == gone
    assert not instance(rig).root.exists()


def test_the_pid_of_a_mark_that_another_process_got_is_never_signalled(rig: Rig) -> None:
    agent(rig)
    rig.provider.stop("ins_a")
    rig.until("ins_a", State.STOPPED)
    instance(rig).lock.write_text(f"{os.getpid()} 1.0")
    lock = os.open(instance(rig).lock, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert lifeline.holder(instance(rig).lock) is None
        assert rig.look("ins_a").state is State.STOPPING
    finally:
        os.close(lock)


def test_what_is_gone_for_thirty_days_is_forgotten(rig: Rig) -> None:
    agent(rig)
    rig.provider.terminate("ins_a")
    rig.until("ins_a", State.GONE)
    rig.provider.owned()
    assert instance(rig).tombstone.exists()
    long_ago = clock.now() - KEEP_S - 60
    os.utime(instance(rig).tombstone, (long_ago, long_ago))
    rig.provider.owned()
    assert not instance(rig).tombstone.exists()


def test_the_log_of_one_that_was_ended_is_kept_bounded_and_for_thirty_days(rig: Rig) -> None:
    agent(rig)
    log = instance(rig).root / "log.txt"
    eventually(log.exists)
    with log.open("a") as file:
        file.write("".join(f"line {n:06d}\n" for n in range(KEPT_BYTES // 12 + 100)) + "the last words\n")
    rig.provider.terminate("ins_a")
    rig.until("ins_a", State.GONE)
    assert not instance(rig).root.exists()
    kept = rig.provider.last_log("ins_a", 10**6)
    assert "the last words" in kept
    assert kept[0].startswith("line "), "whole lines"
    assert len(rig.provider.last_log("ins_a", 3)) == 3
    assert instance(rig).kept_log.stat().st_size <= KEPT_BYTES
    assert stat.S_IMODE(instance(rig).kept_log.stat().st_mode) == 0o600
    long_ago = clock.now() - KEEP_S - 60
    os.utime(instance(rig).kept_log, (long_ago, long_ago))
    rig.provider.owned()
    assert rig.provider.last_log("ins_a", 3) == ()
    assert not instance(rig).kept_log.exists()


def test_of_one_that_died_by_itself_only_the_logs_are_kept_and_for_thirty_days(rig: Rig) -> None:
    process = agent(rig)
    eventually(lambda: (instance(rig).root / "repo").exists())
    process.kill()
    gone = rig.until("ins_a", State.GONE)
    rig.provider.owned()
    assert rig.look("ins_a") == gone
    assert (instance(rig).root / "agent.log").exists()
    assert rig.provider.last_log("ins_a", 10)
    assert not [path for path in instance(rig).root.iterdir() if path.is_dir()]
    long_ago = clock.now() - KEEP_S - 60
    for mark in ("alive", "process"):
        os.utime(instance(rig).root / mark, (long_ago, long_ago))
    rig.provider.owned()
    assert not instance(rig).root.exists()
    assert json.loads(instance(rig).tombstone.read_text())["since"] == pytest.approx(long_ago)


def test_spot_is_priced_but_not_offered_yet(rig: Rig) -> None:
    assert rig.provider.simulated
    assert rig.provider.price_micros("g4dn.4xlarge", Market.SPOT) == machine("g4dn.4xlarge").spot_micros
    assert not rig.provider.offers("g4dn.4xlarge", Market.SPOT)
