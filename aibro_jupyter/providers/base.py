"""The provider contract: what control may ask of whoever has machines.

Calls are plain and blocking (control runs them in threads), idempotent, named by OUR instance id, and never wait for
the effect: ``launch``, ``start``, ``stop`` and ``terminate`` ask, ``look`` tells. One contract suite runs over all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Boot

TAKEN_BACK = "its market took it back"
"""Why an instance is gone that its market wanted for itself."""


class State(StrEnum):
    """What a provider sees of an instance."""

    ABSENT = "absent"
    """Not known (yet); is not the same as gone: a listing may lag behind a launch."""
    PENDING = "pending"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True)
class Tags:
    """What an instance carries wherever it runs, so that it is known without a database."""

    backend_id: str = ""
    """The backend that launched it; empty: it was launched before backends had ids."""
    job_id: str = ""
    model_name: str = ""

    @staticmethod
    def of(boot: Boot) -> Tags:
        """Return the tags of what is launched with that."""
        return Tags(backend_id=boot.backend_id, job_id=boot.job_id, model_name=boot.model_name)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One look at one instance."""

    state: State
    since: float | None = None
    """When it entered this state, UTC seconds by the provider's own account; None where the provider cannot say."""
    endpoint: str | None = None
    """``host:port`` of the worker agent, once it listens."""
    why: str = ""
    """The provider's own reason for a stop or an end, in words."""
    ran: tuple[float, float] | None = None
    """Its last run that is over, from and until, so that none goes unbilled unseen; of one that is up if known."""
    interrupt_at: float | None = None
    """When its market will take it back, or took it back, UTC seconds; None: nothing of the kind is known."""
    tags: Tags = field(default_factory=Tags)


class Provider(Protocol):
    """Where instances run: this computer, a cloud, a cluster."""

    name: str
    """The word people write after ``--on``."""
    simulated: bool
    """Whether prices are only what the machine would cost elsewhere."""

    def launch(self, instance_id: str, machine: str, market: Market, boot: Boot) -> None:
        """Ask for an instance; asking again for the same id asks for nothing more. Raises ``LaunchRefused``."""
        ...

    def start(self, instance_id: str) -> None:
        """Ask a stopped instance to run again on its kept volume; nothing happens to one that runs."""
        ...

    def stop(self, instance_id: str) -> None:
        """Ask to shut down and keep the volume; nothing happens to one that is stopped, gone or absent."""
        ...

    def terminate(self, instance_id: str) -> None:
        """Ask to delete the instance and its volume, whatever its state."""
        ...

    def look(self, instance_ids: Sequence[str]) -> dict[str, Seen]:
        """Return what is, for every id asked for."""
        ...

    def owned(self) -> dict[str, Seen]:
        """Return every instance of this owner's that is not gone, each with its tags: the sweep goes through them."""
        ...

    def offers(self, machine: str, market: Market) -> bool:
        """Tell whether such a machine may be had now; a launch can still be refused."""
        ...

    def can_stop(self, market: Market) -> bool:
        """Tell whether an instance of that market can be stopped with its volume kept."""
        ...

    def drill(self, instance_id: str, kind: str, notice_s: float = 0.0) -> None:
        """Break a running instance as it breaks by itself: kind "kill", or "spot": taken back after a notice.

        Raises ``NothingToDrill`` for an instance that does not run, or where the provider cannot do that.
        """
        ...

    def last_log(self, instance_id: str, lines: int) -> tuple[str, ...]:
        """Return the last lines that a model wrote in an instance that is down; () where none are kept."""
        ...

    def price_micros(self, machine: str, market: Market) -> int | None:
        """Return micro-dollars an hour now; None where unknown."""
        ...
