"""The one road from a model repo to a live API; `Inference.deploy` and `aibro_jupyter.deploy` both take it."""

from __future__ import annotations

import tempfile
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

from aibro_jupyter.client.about import about
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.minting import minted_once
from aibro_jupyter.client.replacing import changed_input, check_replaces, newest
from aibro_jupyter.client.rollout import Rollout
from aibro_jupyter.client.secrets import collected, live_secrets
from aibro_jupyter.envs import count_requirements
from aibro_jupyter.errors import NameTaken, NoSuchJob
from aibro_jupyter.protocol import ClientsUpdate, JobView, Limits, OnStep, Progress, Step, VersionSpec
from aibro_jupyter.protocol.ids import new_job_id
from aibro_jupyter.repo.bundle import Bundle, pack
from aibro_jupyter.repo.layout import check


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a deploy came to."""

    job: JobView
    urls: tuple[str, ...]
    """One predict URL per client id, in clear; of a public job the one public URL."""
    change: str
    """new, unchanged or updated."""
    input_changes: tuple[str, ...] = ()
    """In what the input differs from that of the version before, in words."""


def deploy_repo(
    control: ControlClient, root: Path, deployment: Deployment, *, update: bool = False, on_step: OnStep | None = None
) -> Deployed:
    """Bring a model repo up as an API, and return when it serves, or once the job exists if it is not to wait.

    With ``update`` an active job of that name gets the repo as its new version, and client ids it lacks are added
    (none is taken away); a repo and options that are live already change nothing; one that is coming up already is
    watched. Without ``update`` the name must be free: ``NameTaken``; with it what comes from another notebook, or
    takes another input, needs the deployment's ``replace``: ``WouldReplace``. Secrets that have no value yet are asked
    for; an update keeps those that the job has and it does not name.
    Raises ``BadRepo``, ``BadRequirements``, ``DeployFailed`` with the lines that matter, and ``WatchStopped`` (a
    ``KeyboardInterrupt``) when interrupted after the job exists: the job goes on.
    """
    tell = on_step or (lambda _: None)
    repo = check(root)
    active = _active(control, deployment.model_name)
    if active is not None and not update:
        raise _taken(deployment.model_name)
    job_id = active.job_id if active is not None else new_job_id()
    known = control.clients(job_id).client_ids if active is not None else ()
    client_ids = (*deployment.client_ids, *minted_once(deployment.mint, known))
    missing = tuple(client_id for client_id in client_ids if client_id not in known)
    with tempfile.TemporaryDirectory(prefix="aibro-") as scratch:
        packed = pack(repo.root, Path(scratch))
        told = about(repo.root)
        changes = changed_input(active, told) if active is not None else ()
        if active is not None and not deployment.replace and not _runs(active, packed.sha256):
            check_replaces(active, deployment.note, changes)
            # A folder that goes on where a notebook was is that notebook's.
            before = newest(active)
            deployment = replace(deployment, note={**(before.note if before else {}), **deployment.note})
        wanted = deployment.spec(
            bundle=packed.sha256,
            python=repo.python,
            secrets=_secrets_key(control, active, job_id, collected(deployment.secrets)),
            about=told,
        )
        if active is not None and (version_id := _already(active, wanted)) is not None:
            change, job = _adjusted(control, active, missing, deployment)
        else:
            _send(control, packed, tell)
            spec = _resolved(control, repo.requirements, wanted, tell)
            if active is None:
                change, job = "new", control.deploy(deployment.request(job_id, spec, client_ids))
                version_id = job.versions[0].version_id
            else:
                version_id = f"ver_{uuid.uuid4()}"
                control.new_version(job_id, deployment.update(version_id, spec))
                change, job = "updated", _with_clients(control, active, missing)
    if deployment.wait:
        job = Rollout(control, job, version_id, tell).until_live()
    urls = control.clients(job.job_id).urls
    return Deployed(job=job, urls=urls, change=change, input_changes=tuple(change.text for change in changes))


def _runs(job: JobView, bundle: str) -> bool:
    """Tell whether that very repo is what callers of a job reach, or soon will."""
    before = newest(job)
    return before is not None and before.bundle == bundle


def _secrets_key(control: ControlClient, active: JobView | None, job_id: str, secrets: dict[str, str]) -> str:
    """Return the set of secrets that the version gets; new values are with the backend when this returns."""
    if secrets:
        return control.keep_secrets(job_id, secrets).key
    return live_secrets(active) if active is not None else ""


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
    """Tell whether the same runs in the same way: words about it, and the lock that follows from the rest, aside."""

    def what_runs(spec: VersionSpec) -> VersionSpec:
        return replace(spec, lock="", description="", note={}, about="")

    return what_runs(one) == what_runs(other)


def _adjusted(
    control: ControlClient,
    job: JobView,
    missing: tuple[str, ...],
    deployment: Deployment,
) -> tuple[str, JobView]:
    """Give a job that runs what is wanted the clients, limits and terms that it lacks; say whether it lacked any."""
    change = "updated" if missing else "unchanged"
    job = _with_clients(control, job, missing)
    if (terms := deployment.terms()) is not None:
        known = control.terms(job.job_id)
        if control.update_terms(job.job_id, terms) != known:
            change = "updated"
    if (limits := deployment.limits()) is not None and not _limited(job, limits):
        return "updated", control.limit(job.job_id, limits)
    return change, job


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


def _with_clients(control: ControlClient, job: JobView, missing: tuple[str, ...]) -> JobView:
    """Add the client ids that the job lacks; a public job that gets its first one stops being public."""
    if not missing:
        return job
    control.update_clients(job.job_id, ClientsUpdate(add=missing))
    return control.job(job.job_id)


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
    packages = count_requirements(lock)
    tell(Step(name="resolving", state="done", progress=Progress(done=packages, total=packages, unit="packages")))
    return replace(wanted, lock=lock)
