"""Short words for rows in tables of cases."""

from __future__ import annotations

from typing import Any

from aibro_jupyter.control.ledger.rows import InstanceRow, JobRow, VersionRow, VersionState
from aibro_jupyter.control.rules.snapshot import Snapshot
from aibro_jupyter.machines import MachineConfig, Market
from aibro_jupyter.protocol import VersionSpec
from aibro_jupyter.states import Phase, Role


def job(**more: Any) -> JobRow:
    about = {"job_id": "inf_1", "model_name": "iris", "username": "ana", "created_at": 0.0, "wait_request_s": 30}
    return JobRow(**{**about, "deployed_at": 10.0, **more})


def version(
    number: int = 1, state: VersionState = VersionState.LIVE, *, cooling: str | None = None, **more: Any
) -> VersionRow:
    machines = MachineConfig(standby="c5.large", cooling=cooling)
    spec = VersionSpec(bundle="0" * 64, lock="", python="3.11", machines=machines, cool_down_period_s=600)
    live_at = 10.0 if state is VersionState.LIVE else None
    about = {"version": number, "version_id": f"v{number}", "created_at": 0.0, "live_at": live_at, "spec": spec}
    return VersionRow(**{**about, "state": state, **more})


def instance(instance_id: str, role: Role, phase: Phase, **more: Any) -> InstanceRow:
    times: dict[str, Any] = {"phase_at": 10.0, "launched_at": 0.0, "woken_at": 0.0}
    if phase is Phase.SERVING:
        times["serving_at"] = 10.0
    about = {"job_id": "inf_1", "version": 1, "machine": "c5.large", "market": Market.ON_DEMAND, "provider": "here"}
    return InstanceRow(
        **{**about, **times, "instance_id": instance_id, "role": role, "phase": phase, "token": "t", **more}
    )


def standby(phase: Phase = Phase.SERVING, instance_id: str = "s1", **more: Any) -> InstanceRow:
    return instance(instance_id, Role.STANDBY, phase, **more)


def cooling(phase: Phase = Phase.SERVING, instance_id: str = "c1", **more: Any) -> InstanceRow:
    return instance(instance_id, Role.COOLING, phase, machine="g4dn.4xlarge", **more)


def snapshot(*instances: InstanceRow, **more: Any) -> Snapshot:
    about = {"job": job(), "versions": (version(cooling="g4dn.4xlarge"),), "reported_at": 10_000.0}
    return Snapshot(**{**about, "instances": instances, **more})
