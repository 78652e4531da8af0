"""What control and the agents of instances tell each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from aibro_jupyter.protocol.progress import Progress
from aibro_jupyter.states import Role


@dataclass(frozen=True, kw_only=True)
class Boot:
    """All that an instance needs to come up by itself."""

    job_id: str
    role: Role
    bundle_url: str
    """``file:///…`` here, a presigned URL in a cloud."""
    bundle: str
    lock: str
    python: str
    token: str
    """Every call to the instance's agent carries it."""
    vcpus: int
    memory_mib: int
    request_limit_s: int
    enforce: bool
    envs: str
    """Folder of shared environments on that machine; empty: the volume's own."""
    secrets: str = ""
    """A file with the model's secrets, JSON; empty: it has none."""
    isolate: bool = False
    """Whether the model is kept from the files and processes of whoever serves it."""
    backend_id: str = ""
    """Whose it is: the backend that launched it; empty: launched before backends had ids."""
    model_name: str = ""
    """What its job is called, for whoever finds it when no database knows it."""
    unwanted_s: float = 30.0
    """Seconds that a request nobody waits for may run while others wait, or ten times the p99 of its model."""
    slots: int = 1
    """Processes that the model runs in; 0: one a CPU, as far as memory allows."""
    ahead: int = 16
    """Requests that may wait at the agent for each of its slots; as many as a gateway sends ahead at most."""


@dataclass(frozen=True, kw_only=True)
class SlotHealth:
    """One of the processes that an instance's model runs in."""

    number: int
    """From 0 on."""
    memory_mib: int
    """With all it started; what several share counts to each by its part."""
    cpu: float
    """CPUs at work since somebody last asked: 1.0 is one, all the time."""


@dataclass(frozen=True, kw_only=True)
class Health:
    """An agent's answer to ``GET /health``."""

    instance_id: str
    stage: str
    """connecting, gearing_up, deploying, serving or failed."""
    progress: Progress = field(default_factory=Progress)
    why: str = ""
    """Of a failed stage: what happened, with the lines that matter."""
    in_flight: int = 0
    memory_mib: int = 0
    load_s: float | None = None
    slots: tuple[SlotHealth, ...] = ()
    """Those that are up."""
