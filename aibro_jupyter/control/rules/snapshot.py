"""What ``plan`` decides from: everything known about one job at one moment, and questions about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aibro_jupyter.control.ledger.rows import InstanceRow, JobRow, VersionRow, VersionState
from aibro_jupyter.control.rules.budget import Standing, cooling_off
from aibro_jupyter.states import GONE, Phase, Role

FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 300.0
"""Chosen: the first try costs nothing, and a machine that fails for hours costs one start in five minutes."""
SILENT_S = 30.0
"""Chosen: a network that hiccups, or a computer under load, is back by then; an agent that hangs is not."""
STEADY_S = 60.0
"""An instance that served this long was a success: what comes after it starts counting anew."""
SETTLED_S = 5.0
"""One that served this long came up well, and is brought back soon whatever ended it."""
SOON_S = 4.0
"""Chosen: soon, and still a pause for a model that crashes at each request."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One job as control knows it after a look."""

    job: JobRow
    versions: tuple[VersionRow, ...]
    instances: tuple[InstanceRow, ...] = ()
    last_request_at: float | None = None
    reported_at: float | None = None
    """Every gateway has reported since then; None: one has not reported since control started."""
    drained: frozenset[str] = frozenset()
    """Instances that no gateway sends to any more, with nothing in flight that could still be answered."""
    busy: frozenset[str] = frozenset()
    """Instances with a request in flight."""
    unstoppable: frozenset[str] = frozenset()
    """Instances whose market cannot stop them with the volume kept."""
    silent: frozenset[str] = frozenset()
    """Instances that run but whose agent has not answered for ``SILENT_S``."""
    parked: bool = False
    """The backend is going down; jobs stay."""
    standing: Standing = field(default_factory=Standing)
    """Where the job stands toward its budgets and its end."""
    spot_from: Mapping[str, float] = field(default_factory=dict)
    """The machines that are offered on spot now, each with the time until which its last interruption forbids it."""

    @property
    def cooling_off(self) -> bool:
        """Tell whether no cooling instance may be up: the owner says so, or a budget is used up."""
        return cooling_off(self.job, self.standing.state)

    @property
    def live(self) -> VersionRow | None:
        """The version that serves."""
        return next((version for version in self.versions if version.state is VersionState.LIVE), None)

    @property
    def coming(self) -> VersionRow | None:
        """The version that comes up to serve next."""
        return next((version for version in self.versions if version.state is VersionState.COMING), None)

    def of(self, version: int, role: Role) -> tuple[InstanceRow, ...]:
        """Return a version's instances of a role, oldest first."""
        return tuple(i for i in self.instances if i.version == version and i.role is role)

    def present(self, version: int, role: Role) -> InstanceRow | None:
        """Return a version's newest instance of a role that is not on its way out for good."""
        return next((i for i in reversed(self.of(version, role)) if i.phase not in GONE), None)

    def asleep_since(self, version: VersionRow) -> float:
        """Return when a version's cooling instance last left as planned, or when it first could have been woken.

        One that was lost, or never served, leaves the request that it was for still waiting.
        """
        since = [
            i.left_at
            for i in self.of(version.version, Role.COOLING)
            if i.left_at is not None and i.serving_at is not None and not i.lost
        ]
        return max((*since, version.live_at or version.created_at))


def retry_at(instances: Iterable[InstanceRow]) -> float:
    """Return when instances of one version and role may be launched again: 1 s after a failure, doubling to 5 min.

    What answered a request, or served a minute, was no failed launch: lost so, it comes back at once. What served for
    some seconds unasked is no crash on start either, and comes back within ``SOON_S``.
    """
    failures: list[float] = []
    longest_s = LONGEST_RETRY_S
    for instance in sorted(instances, key=lambda i: i.launched_at, reverse=True):
        served_s = (
            0.0 if instance.serving_at is None else (instance.failed_at or instance.phase_at) - instance.serving_at
        )
        if served_s >= STEADY_S or instance.answered_at is not None:
            break
        if instance.failed_at is not None:
            if not failures and served_s >= SETTLED_S:
                longest_s = SOON_S
            failures.append(instance.failed_at)
    if not failures:
        return 0.0
    return max(failures) + min(longest_s, FIRST_RETRY_S * 2.0 ** (len(failures) - 1))


def ready_at(instances: Sequence[InstanceRow], cooling: InstanceRow) -> float:
    """Return since when a serving cooling instance is ready; one that took over counts from the one before."""
    since = cooling.serving_at or cooling.phase_at
    before = next((i for i in instances if i.instance_id == cooling.replaces), None)
    if before is None or before.serving_at is None:
        return since
    was_up = before.left_at is None or before.left_at >= cooling.launched_at
    return min(since, ready_at(instances, before)) if was_up else since


def cool_down_ends_at(
    instances: Sequence[InstanceRow], cooling: InstanceRow, last_request_at: float | None, period_s: float
) -> float:
    """Return when a serving cooling instance may sleep: the period after the last request, or after it was ready."""
    return max(last_request_at or 0.0, ready_at(instances, cooling)) + period_s


def settled(known: Snapshot) -> bool:
    """Tell whether nothing will ever be due again."""
    return known.job.outcome is not None and all(i.phase is Phase.TERMINATED for i in known.instances)
