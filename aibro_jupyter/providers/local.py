"""Your own computer as a provider: an instance is a folder, and lives while a process holds its lock."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psutil

from aibro_jupyter import clock, detach, lifeline
from aibro_jupyter.errors import BadRequest, LaunchRefused, NothingToDrill
from aibro_jupyter.home import Home, private_dir, write_private
from aibro_jupyter.machines import Market, catalogue
from aibro_jupyter.machines import machine as catalogued
from aibro_jupyter.protocol import Boot, encode
from aibro_jupyter.providers.base import TAKEN_BACK, Seen, State, Tags
from aibro_jupyter.providers.instance import LocalInstance, Wanted, touched_at
from aibro_jupyter.providers.market import LocalMarket

GRACE_S = 10
"""After this, and the longest time a request may take, an agent that was asked to end is killed."""
_TAKEN_SLACK_S = 2.0
"""The last sign of life may be this much older than the moment it was taken."""
KEEP_S = 30 * 24 * 3600
"""How long it stays known that an instance is gone, and how long its logs are kept."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class LocalProvider:
    """Instances on this computer: detached processes that outlive control, the daemon and the notebook.

    All it knows is on disk, so any number of processes may look, and a restarted control carries on.
    """

    name = "here"
    simulated = True

    def __init__(self, home: Home) -> None:
        self._home = home
        self._market = LocalMarket(home.root / "market.json")

    def launch(self, instance_id: str, machine: str, market: Market, boot: Boot) -> None:
        """Start an agent in a folder of its own; an id that ever ran is left as it is."""
        instance = self._instance(instance_id)
        if not self.offers(machine, market):
            raise LaunchRefused(f"there is no {market} {machine} on this computer", reason="capacity")
        if market is Market.SPOT and self._market.of(machine).refused:
            raise LaunchRefused(f"no spot capacity for {machine} at the moment", reason="capacity")
        with lifeline.alone(self._calls()):
            if instance.tombstone.exists():
                return
            private_dir(instance.root)
            if not (instance.root / "wanted").exists():
                write_private(instance.root / "boot.json", encode(boot))
                if market is Market.SPOT:
                    write_private(instance.root / "spot", machine)
                instance.want("start")
            if instance.wanted().word == "start":
                self._run(instance)

    def start(self, instance_id: str) -> None:
        """Start a stopped instance's agent again on its folder."""
        instance = self._instance(instance_id)
        with lifeline.alone(self._calls()):
            if (seen := _look(instance)).state is State.STOPPED:
                instance.forget_notice()
                instance.remember_run(seen.ran)
                self._run(instance)

    def stop(self, instance_id: str) -> None:
        """Ask the agent to finish and end; its folder stays. A later look kills one that hangs, or takes too long."""
        instance = self._instance(instance_id)
        with lifeline.alone(self._calls()):
            if _look(instance).state in (State.PENDING, State.RUNNING):
                _ask_to_end(instance, "stop")

    def terminate(self, instance_id: str) -> None:
        """Ask the agent to end, and delete the folder when it has; a later look carries on with it."""
        instance = self._instance(instance_id)
        with lifeline.alone(self._calls()):
            seen = _look(instance)
            match seen.state:
                case State.ABSENT if not instance.root.exists():
                    return
                case State.GONE if not instance.tombstone.exists():
                    instance.bury(seen.since, seen.why)
                case State.GONE:
                    return
                case _ if instance.wanted().word != "terminate":
                    _ask_to_end(instance, "terminate")
        _look(instance)

    def look(self, instance_ids: Sequence[str]) -> dict[str, Seen]:
        """Return what is, and carry on what was asked and is due: a KILL after the grace, a folder to delete."""
        instances = {instance_id: self._instance(instance_id) for instance_id in instance_ids}
        for instance in instances.values():
            self._market.act_on(instance, clock.now())
        return {instance_id: _look(instance) for instance_id, instance in instances.items()}

    def owned(self) -> dict[str, Seen]:
        """Return every instance that is not gone; of those that are only logs stay, and after 30 days nothing."""
        if not self._home.instances.exists():
            return {}
        seen = self.look(sorted(path.name for path in self._home.instances.iterdir() if _ID.fullmatch(path.name)))
        self._forget(clock.now() - KEEP_S, seen)
        return {
            name: replace(found, tags=_tags(self._instance(name)))
            for name, found in seen.items()
            if found.state not in (State.GONE, State.ABSENT)
        }

    def offers(self, machine: str, market: Market) -> bool:
        """Every machine of the catalogue can be stood in for on demand; on spot those that the script offers."""
        if machine not in catalogue():
            return False
        return market is Market.ON_DEMAND or self._market.of(machine).offered

    def drill(self, instance_id: str, kind: str, notice_s: float = 0.0) -> None:
        """Kill a running instance's processes, or let its machine be taken back after a notice."""
        instance = self._instance(instance_id)
        with lifeline.alone(self._calls()):
            if _look(instance).state not in (State.PENDING, State.RUNNING):
                raise NothingToDrill(f"{instance_id} does not run")
            match kind:
                case "kill":
                    _kill(instance)
                case "spot":
                    instance.announce(clock.now() + notice_s)
                case _:
                    raise NothingToDrill(f"this computer has no drill {kind!r}", fix="known are: spot, kill")
        _look(instance)

    def can_stop(self, market: Market) -> bool:
        """An on-demand instance keeps its folder while stopped."""
        return market is Market.ON_DEMAND

    def last_log(self, instance_id: str, lines: int) -> tuple[str, ...]:
        """Return the last lines that a model wrote here, for 30 days after its instance ended."""
        return tuple(self._instance(instance_id).log_tail().decode(errors="replace").splitlines()[-lines:])

    def ends_within_s(self, instance_ids: Sequence[str]) -> float:
        """Return how long instances that were asked to end may live on while somebody looks at them, in seconds."""
        return max((_patience_s(self._instance(instance_id)) for instance_id in instance_ids), default=0.0)

    def price_micros(self, machine: str, market: Market) -> int | None:
        """Return what the machine costs in the cloud, micro-dollars an hour; None where unknown."""
        catalogue_price = catalogued(machine).price_micros(market)
        scripted = self._market.of(machine).micros_per_hour if market is Market.SPOT else None
        return catalogue_price if scripted is None else scripted

    def _instance(self, instance_id: str) -> LocalInstance:
        if not _ID.fullmatch(instance_id):
            raise BadRequest(f"not an instance id: {instance_id!r}")
        return LocalInstance(self._home.instances / instance_id)

    def _calls(self) -> Path:
        return private_dir(self._home.instances) / ".calls"

    def _run(self, instance: LocalInstance) -> None:
        """Fork the agent. Whoever dies in the midst of this leaves an instance that may simply be started again."""
        instance.want("start")
        if (lock := lifeline.hold(instance.lock)) is not None:
            try:
                (instance.root / "endpoint").unlink(missing_ok=True)
                pid = detach.detached(
                    detach.module("aibro_jupyter.worker", "--dir", str(instance.root)),
                    folder=self._home.root,
                    log=instance.root / "agent.log",
                    environ=detach.environment(AIBRO_HOME=str(self._home.root)),
                    lock=lock,
                )
                lifeline.sign(lock, pid)
            except OSError as error:
                raise LaunchRefused(f"this computer cannot start a process: {error}", reason="capacity") from error
            finally:
                os.close(lock)
        instance.want("run")

    def _forget(self, horizon: float, seen: dict[str, Seen]) -> None:
        for name, found in seen.items():
            if found.state is not State.GONE:
                continue
            if found.since is not None and found.since < horizon:
                self.terminate(name)
            else:
                # A model that crashes again and again must not fill the disk with its copies.
                self._instance(name).shed()
        for left in (*self._home.instances.glob("*.gone"), *self._home.instances.glob("*.log")):
            if (touched_at(left) or horizon) < horizon and not left.with_suffix("").exists():
                left.unlink(missing_ok=True)


def _look(instance: LocalInstance) -> Seen:
    """Return what is, once what was asked for and is due has been carried on."""
    if instance.tombstone.exists():
        return _gone(instance)
    wanted, alive = _marks(instance)
    if alive:
        return _seen_alive(instance, wanted)
    since = instance.ended_at(clock.now())
    match wanted.word:
        case "start" if since is None:
            return _gone(instance) if instance.tombstone.exists() else Seen(state=State.ABSENT)
        case "start" | "stop":
            return Seen(state=State.STOPPED, since=since, why="stopped as asked", ran=_ran(instance.forked_at(), since))
        case "terminate":
            instance.bury(since, "terminated as asked")
            return _gone(instance)
        case _:
            taken_at = instance.taken_at()
            if taken_at is not None and since is not None and since >= taken_at - _TAKEN_SLACK_S:
                ran = _ran(instance.forked_at(), since)
                return Seen(state=State.GONE, since=since, why=TAKEN_BACK, ran=ran, interrupt_at=taken_at)
            why = instance.last_words() or "its process ended unasked"
            return Seen(state=State.GONE, since=since, why=why, ran=_ran(instance.forked_at(), since))


def _marks(instance: LocalInstance) -> tuple[Wanted, bool]:
    """Return what is wanted and whether it lives, both true at one moment."""
    wanted = instance.wanted()
    while True:
        alive = instance.alive()
        wanted, before = instance.wanted(), wanted
        if wanted == before:
            return wanted, alive


def _gone(instance: LocalInstance) -> Seen:
    since, why, ran_from = instance.grave()
    return Seen(state=State.GONE, since=since, why=why, ran=_ran(ran_from, since))


def _ran(from_at: float | None, until: float | None) -> tuple[float, float] | None:
    return None if from_at is None or until is None else (from_at, until)


def _seen_alive(instance: LocalInstance, wanted: Wanted) -> Seen:
    since, endpoint = instance.forked_at(), instance.endpoint()
    instance.saw_alive()
    if wanted.word in ("stop", "terminate"):
        # One that hung since it was asked finishes nothing any more: waiting on would only be billed.
        if clock.now() >= wanted.kill_at or instance.is_hung():
            _kill(instance)
        return Seen(state=State.STOPPING, since=since, endpoint=endpoint)
    taken_at = instance.taken_at()
    if taken_at is not None and clock.now() >= taken_at:
        _kill(instance)
    up = State.PENDING if endpoint is None else State.RUNNING
    return Seen(state=up, since=since, endpoint=endpoint, ran=instance.ran_before(), interrupt_at=taken_at)


def _tags(instance: LocalInstance) -> Tags:
    with contextlib.suppress(FileNotFoundError, BadRequest):
        return Tags.of(instance.boot())
    return Tags()


def _ask_to_end(instance: LocalInstance, word: str) -> None:
    instance.want(word, clock.now() + _patience_s(instance))
    if (process := lifeline.holder(instance.lock)) is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()


def _patience_s(instance: LocalInstance) -> float:
    """Return how long an agent that was asked to end may take, in seconds; a hung one finishes nothing any more."""
    if instance.is_hung():
        return 0.0
    with contextlib.suppress(FileNotFoundError, BadRequest):
        return GRACE_S + instance.boot().request_limit_s
    return GRACE_S


def _kill(instance: LocalInstance) -> None:
    """Kill the agent and what it started: a model stuck in C code may not notice that its agent is gone."""
    if (process := lifeline.holder(instance.lock)) is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        for member in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
