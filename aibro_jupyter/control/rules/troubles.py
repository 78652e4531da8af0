"""What is given up: instances that are late, hang or broke, versions and first deploys that do not come up. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from aibro_jupyter.control.ledger.rows import Move, VersionState
from aibro_jupyter.control.rules.actions import Cancel, FailVersion, Stuck
from aibro_jupyter.control.rules.snapshot import SILENT_S, Snapshot
from aibro_jupyter.states import GONE, TABLE, Phase, Role


def first_deploy_failed(known: Snapshot, now: float) -> Iterator[Cancel]:
    """A job that never served is canceled: its standby failed, or was not granted within ``wait_request_s``."""
    version = known.coming
    if known.job.deployed_at is not None or version is None:
        return
    for i in known.of(version.version, Role.STANDBY):
        waited_s = now - i.launched_at
        if i.failed_at is not None:
            yield Cancel(i.why)
        elif i.phase is Phase.REQUESTING and waited_s >= known.job.wait_request_s:
            yield Cancel(f"no {i.machine} within {known.job.wait_request_s} s (wait_request_s). {i.why}".strip())
        else:
            continue
        return


def overdue(known: Snapshot, now: float) -> Iterator[Move]:
    """An instance that stays too long in a phase has failed."""
    for i in known.instances:
        limit_s = TABLE[i.phase].limit_s
        if limit_s is None or i.phase in GONE:
            continue
        if i.phase is Phase.STOPPING:
            if i.first_asked_at is not None and now - i.first_asked_at >= limit_s:
                yield Move(i.instance_id, Phase.TERMINATING, f"did not stop within {limit_s:.0f} s")
        elif now - i.phase_at >= limit_s:
            yield Move(i.instance_id, Phase.TERMINATING, f"{i.phase} took longer than {limit_s:.0f} s", failed=True)


def stuck(known: Snapshot, now: float) -> Iterator[Stuck]:
    """An instance that does not end is told once; it is asked on, and billed for as long as it may run."""
    limit_s = TABLE[Phase.TERMINATING].limit_s
    for i in known.instances:
        if i.phase is not Phase.TERMINATING or i.first_asked_at is None or i.stuck_at is not None or limit_s is None:
            continue
        if now - i.first_asked_at >= limit_s:
            yield Stuck(i.instance_id, f"did not end within {limit_s:.0f} s; it is asked again, and billed meanwhile")


def hung(known: Snapshot) -> Iterator[Move]:
    """An instance that runs but does not answer is no instance that serves."""
    why = f"its agent has not answered for {SILENT_S:.0f} s"
    for i in known.instances:
        if i.phase is Phase.SERVING and i.instance_id in known.silent:
            yield Move(i.instance_id, Phase.TERMINATING, why, failed=True)


def version_failed(known: Snapshot) -> Iterator[FailVersion]:
    """A version whose standby fails beside a serving one is given up."""
    version = known.coming
    if version is None:
        return
    for i in known.of(version.version, Role.STANDBY):
        if i.failed_at is not None:
            yield FailVersion(version.version, i.why)
            return


def retire(known: Snapshot) -> Iterator[Move]:
    """Instances of a version that serves no more, and stopped ones that broke, are deleted."""
    over = {v.version for v in known.versions if v.state in (VersionState.RETIRED, VersionState.FAILED)}
    for i in known.instances:
        if i.phase in GONE:
            continue
        if i.version in over:
            yield Move(i.instance_id, Phase.TERMINATING, f"v{i.version} serves no more")
        elif i.phase is Phase.STOPPED and i.failed_at is not None:
            yield Move(i.instance_id, Phase.TERMINATING, "it stopped by itself")
