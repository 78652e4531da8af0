"""Whether a job or a version may begin: everything is checked before anything is written."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from aibro_jupyter import pythons
from aibro_jupyter.control.engine.notify import checked_url
from aibro_jupyter.control.ledger.bundles import bundle_path
from aibro_jupyter.control.rules.clients import checked_clients, checked_id, checked_name
from aibro_jupyter.control.rules.terms import updated_terms
from aibro_jupyter.errors import BadBundle, BadRequest
from aibro_jupyter.machines import machine
from aibro_jupyter.protocol import DeployRequest, Limits, Terms, TermsUpdate, VersionRequest, VersionSpec
from aibro_jupyter.protocol.ids import checked_job_id

_MOST_SLOTS = 256
"""Chosen: as many as the largest machine has CPUs, and more."""


def admit_job(request: DeployRequest, *, providers: Collection[str], bundles: Path) -> None:
    """Return if the job may begin, else raise what is wrong with it."""
    checked_job_id(request.job_id)
    checked_name(request.model_name)
    checked_clients(request.client_ids)
    _at_least_one(request.wait_request_s, "wait_request_s")
    admit_limits(request.limits or Limits())
    admit_terms(request.terms)
    admit_spec(request.spec, providers=providers, bundles=bundles)


def admit_version(request: VersionRequest, *, providers: Collection[str], bundles: Path) -> None:
    """Return if the version may begin, else raise what is wrong with it."""
    checked_id(request.version_id, "version id")
    admit_limits(request.limits or Limits())
    updated_terms(Terms(), request.terms or TermsUpdate(), ())
    admit_spec(request.spec, providers=providers, bundles=bundles)


def admit_spec(spec: VersionSpec, *, providers: Collection[str], bundles: Path) -> None:
    """Return if what is to run is known and sound: machines, provider, limits, Python and the uploaded repo."""
    for name in (spec.machines.standby, spec.machines.cooling):
        if name is not None:
            machine(name)
    if spec.on not in providers:
        raise BadRequest(f"no provider is called {spec.on[:80]!r}", fix=f"known are: {', '.join(sorted(providers))}")
    _at_least_one(spec.cool_down_period_s, "cool_down_period_s")
    _at_least_one(spec.request_limit_s, "request_limit_s")
    if not 0 <= spec.slots <= _MOST_SLOTS:
        raise BadRequest(f"slots must be 1 to {_MOST_SLOTS}, or 0 for one a CPU, not {spec.slots}")
    checked_python(spec.python)
    if not bundle_path(bundles, spec.bundle).exists():
        raise BadBundle(f"no bundle {spec.bundle[:12]}… was uploaded", fix=f"PUT it to /api/bundles/{spec.bundle}")


def admit_limits(limits: Limits) -> Limits:
    """Return limits that make sense, else raise what is wrong with them."""
    for name, micros in (("budget_per_day", limits.budget_per_day_micros), ("budget_stop", limits.budget_stop_micros)):
        if micros is not None and micros <= 0:
            raise BadRequest(f"{name} must be more than nothing", fix="leave it out for no limit")
    checked_url(limits.notify)
    return limits


def admit_terms(terms: Terms | None) -> Terms | None:
    """Return terms that make sense, else raise what is wrong with them."""
    if terms is None:
        return None
    if terms.own:
        raise BadRequest("terms of single clients are set once the job is there", fix="leave them out")
    common = terms.allowance
    update = TermsUpdate(
        max_wait_s=terms.max_wait_s, at_once=common.at_once, per_second=common.per_second, origins=terms.origins
    )
    return updated_terms(Terms(), update, ())


def checked_python(minor: str) -> str:
    """Return a minor version of Python such as ``3.11``; else raise ``BadRequest``."""
    if not pythons.MINOR.fullmatch(minor):
        raise BadRequest(f"{minor[:20]!r} is not a minor version of Python", fix="for example 3.11")
    return minor


def _at_least_one(value: int, name: str) -> None:
    if value < 1:
        raise BadRequest(f"{name} must be at least 1 second, not {value}")
