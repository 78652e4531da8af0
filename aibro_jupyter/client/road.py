"""The one road from a model repo to a live API; `Inference.deploy` and `aibro_jupyter.deploy` both take it."""

from __future__ import annotations

import sys
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aibro_jupyter.client.about import about
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.secrets import live_secrets
from aibro_jupyter.client.watch import Watch
from aibro_jupyter.errors import BadClientId, DuplicateClients, NameTaken, NoSuchJob
from aibro_jupyter.machines import MachineConfig
from aibro_jupyter.protocol import (
    ClientsUpdate,
    DeployRequest,
    JobView,
    Limits,
    Progress,
    Step,
    VersionRequest,
    VersionSpec,
)
from aibro_jupyter.repo.bundle import Bundle, pack
from aibro_jupyter.repo.layout import check

OnStep = Callable[[Step], None]


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a deploy came to."""

    job: JobView
    urls: tuple[str, ...]
    """One predict URL per client id, in clear; of a public job the one public URL."""
    change: str
    """new, unchanged or updated."""


def deploy_repo(
    control: ControlClient,
    root: Path,
    *,
    model_name: str,
    machines: MachineConfig,
    cool_down_period_s: int = 600,
    client_ids: Sequence[str] = (),
    description: str = "",
    wait_request_s: int = 30,
    request_limit_s: int = 600,
    on: str = "here",
    enforce: bool = False,
    note: dict[str, str] | None = None,
    limits: Limits | None = None,
    secrets: Mapping[str, str] | None = None,
    update: bool = False,
    wait: bool = True,
    on_step: OnStep | None = None,
) -> Deployed:
    """Bring a model repo up as the API ``model_name``, and return when it serves.

    With ``update`` an active job of that name gets the repo as its new version, and client ids it lacks are added
    (none is taken away); a repo and options that are live already change nothing; one that is coming up already is
    watched. Without ``update`` the name must be free: ``NameTaken``. ``wait=False`` returns once the job exists.
    ``secrets`` are variables of the model's environment; an update keeps those that the job has and it does not name.
    Raises ``BadRepo``, ``BadRequirements``, ``DeployFailed`` with the lines that matter, and ``WatchStopped`` (a
    ``KeyboardInterrupt``) when interrupted after the job exists: the job goes on.
    """
    tell = on_step or (lambda _: None)
    _check_clients(client_ids)
    repo = check(root)
    active = _active(control, model_name)
    if active is not None and not update:
        raise _taken(model_name)
    job_id = active.job_id if active is not None else f"inf_{uuid.uuid4()}"
    with tempfile.TemporaryDirectory(prefix="aibro-") as scratch:
        packed = pack(repo.root, Path(scratch))
        wanted = VersionSpec(
            bundle=packed.sha256,
            lock="",
            python=repo.python or f"{sys.version_info.major}.{sys.version_info.minor}",
            machines=machines,
            cool_down_period_s=cool_down_period_s,
            request_limit_s=request_limit_s,
            on=on,
            enforce=enforce,
            description=description,
            note=note or {},
            secrets=_secrets_key(control, active, job_id, secrets),
            about=about(repo.root),
        )
        if active is not None and (version_id := _already(active, wanted)) is not None:
            change, job = _with_clients(control, active, client_ids)
            if limits is not None and not _limited(job, limits):
                change, job = "updated", control.limit(job.job_id, limits)
        else:
            _send(control, packed, tell)
            spec = _resolved(control, repo.requirements, wanted, tell)
            version_id = f"ver_{uuid.uuid4()}"
            if active is None:
                change, job = (
                    "new",
                    control.deploy(_request(job_id, model_name, spec, client_ids, wait_request_s, limits)),
                )
                version_id = job.versions[0].version_id
            else:
                control.new_version(active.job_id, VersionRequest(version_id=version_id, spec=spec, limits=limits))
                change, job = "updated", _with_clients(control, active, client_ids)[1]
    if wait:
        job = Watch(control, job, version_id, tell).until_live()
    return Deployed(job=job, urls=control.clients(job.job_id).urls, change=change)


def _secrets_key(control: ControlClient, active: JobView | None, job_id: str, secrets: Mapping[str, str] | None) -> str:
    """Return the set of secrets that the version gets; new values are with the backend when this returns."""
    if secrets:
        return control.keep_secrets(job_id, dict(secrets)).key
    return live_secrets(active) if active is not None else ""


def _check_clients(client_ids: Sequence[str]) -> None:
    for client_id in client_ids:
        if not isinstance(client_id, str) or not client_id:
            raise BadClientId(f"a client id is a text of 1 to 128 characters, not {client_id!r}")
    if len(set(client_ids)) < len(client_ids):
        raise DuplicateClients("a client id came twice", fix="give each client id once")


def _active(control: ControlClient, model_name: str) -> JobView | None:
    try:
        return control.job_named(model_name)
    except NoSuchJob:
        return None


def _taken(model_name: str) -> NameTaken:
    return NameTaken(
        f"an active job is already called {model_name!r}",
        fix=f"choose another model_name, or complete it first: `aibro complete {model_name}`",
    )


def _already(job: JobView, wanted: VersionSpec) -> str | None:
    """Return the version that is what is wanted and is live, or comes up as the newest."""
    newest_first = [version for version in job.versions if version.state in ("coming", "live")]
    if newest_first and _same(newest_first[0].spec, wanted):
        return newest_first[0].version_id
    return None


def _same(one: VersionSpec, other: VersionSpec) -> bool:
    def what_runs(spec: VersionSpec) -> tuple[object, ...]:
        return (
            spec.bundle,
            spec.python,
            spec.machines,
            spec.cool_down_period_s,
            spec.request_limit_s,
            spec.on,
            spec.enforce,
            spec.secrets,
        )

    return what_runs(one) == what_runs(other)


def _limited(job: JobView, limits: Limits) -> bool:
    """Tell whether a job has these limits already; where news go is known by its host only, so it is set anew."""
    known = job.budget
    if known is None or limits.notify:
        return limits == Limits()
    return (known.per_day_micros, known.stop_micros, known.until) == (
        limits.budget_per_day_micros,
        limits.budget_stop_micros,
        limits.until,
    )


def _with_clients(control: ControlClient, job: JobView, client_ids: Sequence[str]) -> tuple[str, JobView]:
    """Add the client ids that the job lacks; a public job that gets its first one stops being public."""
    if not client_ids:
        return "unchanged", job
    missing = tuple(client for client in client_ids if client not in control.clients(job.job_id).client_ids)
    if not missing:
        return "unchanged", job
    control.update_clients(job.job_id, ClientsUpdate(add=missing))
    return "updated", control.job(job.job_id)


def _send(control: ControlClient, packed: Bundle, tell: OnStep) -> None:
    whole = Progress(done=packed.size, total=packed.size, unit="bytes")
    if not control.has_bundle(packed.sha256):
        tell(Step(name="sending", state="running", progress=Progress(total=packed.size, unit="bytes")))
        control.put_bundle(
            packed.path,
            packed.sha256,
            lambda progress: tell(Step(name="sending", state="running", progress=progress)),
        )
    tell(Step(name="sending", state="done", progress=whole))


def _resolved(control: ControlClient, requirements: str, wanted: VersionSpec, tell: OnStep) -> VersionSpec:
    tell(Step(name="resolving", state="running"))
    lock = control.resolve(requirements, wanted.python).lock
    packages = sum(1 for line in lock.splitlines() if line and not line.startswith((" ", "#")))
    tell(Step(name="resolving", state="done", progress=Progress(done=packages, total=packages, unit="packages")))
    return replace(wanted, lock=lock)


def _request(
    job_id: str,
    model_name: str,
    spec: VersionSpec,
    client_ids: Sequence[str],
    wait_request_s: int,
    limits: Limits | None,
) -> DeployRequest:
    return DeployRequest(
        job_id=job_id,
        model_name=model_name,
        spec=spec,
        client_ids=tuple(client_ids),
        wait_request_s=wait_request_s,
        limits=limits,
    )
