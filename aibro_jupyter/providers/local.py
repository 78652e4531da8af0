"""Your own computer as a provider: an instance is a folder, and lives while a process holds its lock."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

import psutil

from aibro_jupyter import clock, detach, lifeline
from aibro_jupyter.errors import BadRequest, LaunchRefused, NothingToDrill
from aibro_jupyter.home import Home, private_dir, write_private
from aibro_jupyter.machines import Market, catalogue
from aibro_jupyter.machines import machine as catalogued
from aibro_jupyter.protocol import Boot, encode
from aibro_jupyter.providers.base import Seen, State
from aibro_jupyter.providers.market import LocalMarket
from aibro_jupyter.providers.volume import Volume, Wanted, touched_at

GRACE_S = 10
"""After this, and the longest time a request may take, an agent that was asked to end is killed."""
TAKEN_BACK = "its market took it back"
_TAKEN_SLACK_S = 2.0
"""The last sign of life may be this much older than the moment it was taken."""
KEEP_S = 30 * 24 * 3600
"""How long it stays known that an instance is gone, and how long the logs of one that died by itself are kept."""
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
        volume = self._volume(instance_id)
        if not self.offers(machine, market):
            raise LaunchRefused(f"there is no {market} {machine} on this computer", reason="capacity")
        if market is Market.SPOT and self._market.of(machine).refused:
            raise LaunchRefused(f"no spot capacity for {machine} at the moment", reason="capacity")
        with lifeline.alone(self._calls()):
            if volume.tombstone.exists():
                return
            private_dir(volume.root)
            if not (volume.root / "wanted").exists():
                write_private(volume.root / "boot.json", encode(boot))
                if market is Market.SPOT:
                    write_private(volume.root / "spot", machine)
                volume.want("start")
            if volume.wanted().word == "start":
                self._run(volume)

    def start(self, instance_id: str) -> None:
        """Start a stopped instance's agent again on its folder."""
        volume = self._volume(instance_id)
        with lifeline.alone(self._calls()):
            if _look(volume).state is State.STOPPED:
                volume.forget_notice()
                self._run(volume)

    def stop(self, instance_id: str) -> None:
        """Ask the agent to finish and end; its folder stays. A later look kills it once the grace is over."""
        volume = self._volume(instance_id)
        with lifeline.alone(self._calls()):
            if _look(volume).state in (State.PENDING, State.RUNNING):
                _ask_to_end(volume, "stop")

    def terminate(self, instance_id: str) -> None:
        """Ask the agent to end, and delete the folder when it has; a later look carries on with it."""
        volume = self._volume(instance_id)
        with lifeline.alone(self._calls()):
            seen = _look(volume)
            match seen.state:
                case State.ABSENT if not volume.root.exists():
                    return
                case State.GONE if not volume.tombstone.exists():
                    volume.bury(seen.since, seen.why)
                case State.GONE:
                    return
                case _ if volume.wanted().word != "terminate":
                    _ask_to_end(volume, "terminate")
        _look(volume)

    def look(self, instance_ids: Sequence[str]) -> dict[str, Seen]:
        """Return what is, and carry on what was asked and is due: a KILL after the grace, a folder to delete."""
        volumes = {instance_id: self._volume(instance_id) for instance_id in instance_ids}
        for volume in volumes.values():
            self._market.act_on(volume, clock.now())
        return {instance_id: _look(volume) for instance_id, volume in volumes.items()}

    def owned(self) -> dict[str, Seen]:
        """Return every instance that is not gone; what is gone for 30 days is forgotten."""
        if not self._home.instances.exists():
            return {}
        seen = self.look(sorted(path.name for path in self._home.instances.iterdir() if _ID.fullmatch(path.name)))
        self._forget(clock.now() - KEEP_S, seen)
        return {name: found for name, found in seen.items() if found.state not in (State.GONE, State.ABSENT)}

    def offers(self, machine: str, market: Market) -> bool:
        """Every machine of the catalogue can be stood in for on demand; on spot those that the script offers."""
        if machine not in catalogue():
            return False
        return market is Market.ON_DEMAND or self._market.of(machine).offered

    def drill(self, instance_id: str, kind: str, notice_s: float = 0.0) -> None:
        """Kill a running instance's processes, or let its machine be taken back after a notice."""
        volume = self._volume(instance_id)
        with lifeline.alone(self._calls()):
            if _look(volume).state not in (State.PENDING, State.RUNNING):
                raise NothingToDrill(f"{instance_id} does not run")
            match kind:
                case "kill":
                    _kill(volume)
                case "spot":
                    volume.announce(clock.now() + notice_s)
                case _:
                    raise NothingToDrill(f"this computer has no drill {kind!r}", fix="known are: spot, kill")
        _look(volume)

    def can_stop(self, market: Market) -> bool:
        """An on-demand instance keeps its folder while stopped."""
        return market is Market.ON_DEMAND

    def price_micros(self, machine: str, market: Market) -> int | None:
        """Return what the machine costs in the cloud, micro-dollars an hour; None where unknown."""
        catalogue_price = catalogued(machine).price_micros(market)
        scripted = self._market.of(machine).micros_per_hour if market is Market.SPOT else None
        return catalogue_price if scripted is None else scripted

    def _volume(self, instance_id: str) -> Volume:
        if not _ID.fullmatch(instance_id):
            raise BadRequest(f"not an instance id: {instance_id!r}")
        return Volume(self._home.instances / instance_id)

    def _calls(self) -> Path:
        return private_dir(self._home.instances) / ".calls"

    def _run(self, volume: Volume) -> None:
        """Fork the agent. Whoever dies in the midst of this leaves an instance that may simply be started again."""
        volume.want("start")
        if (lock := lifeline.hold(volume.lock)) is not None:
            try:
                (volume.root / "endpoint").unlink(missing_ok=True)
                pid = detach.detached(
                    detach.module("aibro_jupyter.worker", "--dir", str(volume.root)),
                    folder=self._home.root,
                    log=volume.root / "agent.log",
                    environ=detach.environment(AIBRO_HOME=str(self._home.root)),
                    lock=lock,
                )
                lifeline.sign(lock, pid)
            except OSError as error:
                raise LaunchRefused(f"this computer cannot start a process: {error}", reason="capacity") from error
            finally:
                os.close(lock)
        volume.want("run")

    def _forget(self, horizon: float, seen: dict[str, Seen]) -> None:
        for name, found in seen.items():
            if found.state is not State.GONE:
                continue
            if found.since is not None and found.since < horizon:
                self.terminate(name)
            else:
                # A model that crashes again and again must not fill the disk with its copies.
                self._volume(name).shed()
        for tombstone in self._home.instances.glob("*.gone"):
            if (touched_at(tombstone) or horizon) < horizon and not tombstone.with_suffix("").exists():
                tombstone.unlink(missing_ok=True)


def _look(volume: Volume) -> Seen:
    if volume.tombstone.exists():
        return _gone(volume)
    wanted, since, alive = _marks(volume)
    match wanted.word:
        case _ if alive:
            return _seen_alive(volume, wanted)
        case "start" if since is None:
            return _gone(volume) if volume.tombstone.exists() else Seen(state=State.ABSENT)
        case "start" | "stop":
            return Seen(state=State.STOPPED, since=since, why="stopped as asked", ran=_ran(volume.forked_at(), since))
        case "terminate":
            volume.bury(since, "terminated as asked")
            return _gone(volume)
        case _:
            taken_at = volume.taken_at()
            if taken_at is not None and since is not None and since >= taken_at - _TAKEN_SLACK_S:
                ran = _ran(volume.forked_at(), since)
                return Seen(state=State.GONE, since=since, why=TAKEN_BACK, ran=ran, interrupt_at=taken_at)
            why = volume.last_words() or "its process ended unasked"
            return Seen(state=State.GONE, since=since, why=why, ran=_ran(volume.forked_at(), since))


def _marks(volume: Volume) -> tuple[Wanted, float | None, bool]:
    """Return what is wanted, the last sign of life, and whether it lives, all true at one moment."""
    wanted = volume.wanted()
    while True:
        since, alive = volume.last_sign_at(), volume.alive()
        wanted, before = volume.wanted(), wanted
        if wanted == before:
            return wanted, since, alive


def _gone(volume: Volume) -> Seen:
    since, why, ran_from = volume.grave()
    return Seen(state=State.GONE, since=since, why=why, ran=_ran(ran_from, since))


def _ran(from_at: float | None, until: float | None) -> tuple[float, float] | None:
    return None if from_at is None or until is None else (from_at, until)


def _seen_alive(volume: Volume, wanted: Wanted) -> Seen:
    since, endpoint = volume.forked_at(), volume.endpoint()
    if wanted.word in ("stop", "terminate"):
        if clock.now() >= wanted.kill_at:
            _kill(volume)
        return Seen(state=State.STOPPING, since=since, endpoint=endpoint)
    taken_at = volume.taken_at()
    if taken_at is not None and clock.now() >= taken_at:
        _kill(volume)
    up = State.PENDING if endpoint is None else State.RUNNING
    return Seen(state=up, since=since, endpoint=endpoint, interrupt_at=taken_at)


def _ask_to_end(volume: Volume, word: str) -> None:
    patience_s = GRACE_S
    with contextlib.suppress(FileNotFoundError, BadRequest):
        patience_s += volume.boot().request_limit_s
    volume.want(word, clock.now() + patience_s)
    if (process := lifeline.holder(volume.lock)) is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()


def _kill(volume: Volume) -> None:
    """Kill the agent and what it started: a model stuck in C code may not notice that its agent is gone."""
    if (process := lifeline.holder(volume.lock)) is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        for member in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
