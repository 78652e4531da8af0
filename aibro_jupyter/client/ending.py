"""What `down` ends beside parking the jobs: the daemon, and instances that no control stopped; and how it waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import psutil

from aibro_jupyter import clock, lifeline
from aibro_jupyter.errors import NotConfirmed
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import StatusView
from aibro_jupyter.providers.base import State
from aibro_jupyter.providers.local import LocalProvider
from aibro_jupyter.states import Phase

END_S = 30
"""Longer than the daemon gives its children to end."""
SAY_AGAIN_S = 30.0
"""Chosen: who waits hears twice a minute that it goes on."""

Say = Callable[[str], None]


@dataclass
class Wait:
    """Says what is waited for when it changes, and now and then that it goes on."""

    say: Say
    _said: tuple[str, ...] = ()
    _said_at: float = 0.0

    def tell(self, lines: Sequence[str]) -> None:
        """Say what is waited for now, unless it was said just before."""
        if tuple(lines) == self._said and clock.now() - self._said_at < SAY_AGAIN_S:
            return
        self._said, self._said_at = tuple(lines), clock.now()
        for line in lines:
            self.say(f"waiting for {line}")


def still_up(seen: StatusView) -> list[str]:
    """Return a line for each instance that is not down."""
    return [
        f"{job.model_name} {i.role} {i.instance_id}: {i.phase} since "
        f"{datetime.fromtimestamp(i.phase_at).astimezone():%H:%M:%S}"
        for job in seen.jobs
        for i in job.instances
        if i.phase not in (Phase.STOPPED, Phase.TERMINATED)
    ]


def ended(here: Home) -> list[str]:
    """End the daemon, which takes control and gateway with it, and return a line for it."""
    daemon = lifeline.holder(here.daemon_lock)
    if daemon is None:
        return []
    # One that is halted hears nothing; killed, it takes control and gateway with it.
    halted = lifeline.is_halted(daemon)
    for ask in (daemon.kill,) if halted else (daemon.terminate, daemon.kill):
        with suppress(psutil.NoSuchProcess):
            ask()
        if _soon(lambda: not lifeline.is_held(here.daemon_lock), END_S):
            break
    killed = halted or ask == daemon.kill
    return [f"backend: {'did not answer and was killed' if killed else 'ended'}, jobs and files are kept"]


def left_over(here: Home, say: Say) -> list[str]:
    """Stop instances that no control stopped: theirs was dead, or no daemon ran. ``NotConfirmed``."""
    provider = LocalProvider(here)
    running = [name for name, seen in provider.owned().items() if seen.state is not State.STOPPED]
    for instance_id in running:
        provider.stop(instance_id)

    wait, down_already = Wait(say), (State.STOPPED, State.GONE, State.ABSENT)

    def up() -> list[str]:
        return [name for name, seen in provider.look(running).items() if seen.state not in down_already]

    def stopped() -> bool:
        left = up()
        wait.tell([f"instance {name}, which no control stopped" for name in left])
        return not left

    if not _soon(stopped, provider.ends_within_s(running) + END_S):
        raise NotConfirmed(f"still up: {', '.join(up())}", fix="`aibro down` asks again")
    return [f"instance {instance_id}: stopped" for instance_id in running]


def _soon(check: Callable[[], bool], within_s: float) -> bool:
    deadline = clock.now() + within_s
    while not check():
        if clock.now() > deadline:
            return False
        time.sleep(0.05)
    return True
