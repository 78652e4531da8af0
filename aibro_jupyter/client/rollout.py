"""Follow a version until it serves, telling each of the reference's substatuses as it is reached."""

from __future__ import annotations

import re
import time

from aibro_jupyter import clock
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.errors import BackendDown, DeployFailed
from aibro_jupyter.protocol import InstanceView, JobView, OnStep, Progress, Step, VersionView
from aibro_jupyter.states import PROGRESS, JobSubstatus, Role, job_substatus

PATIENCE_S = 60
"""How long a control that restarts may be away."""
STEPS = tuple(step for step in JobSubstatus if step not in (JobSubstatus.CANCELED, JobSubstatus.COMPLETED))


class WatchStopped(KeyboardInterrupt):
    """The user stopped watching a deploy, which goes on; ``job`` is how it was seen last."""

    def __init__(self, job: JobView) -> None:
        super().__init__(
            f"stopped watching: {job.model_name} still comes up in the backend. "
            f"`aibro status` shows it, `aibro complete {job.model_name}` ends it"
        )
        self.job = job


class Rollout:
    """One version of one job, on its way up."""

    def __init__(self, control: ControlClient, job: JobView, version_id: str, tell: OnStep) -> None:
        self._control = control
        self._job = job
        self._version_id = version_id
        self._tell = tell
        self._reached = -1
        self._told: Step | None = None

    def until_live(self) -> JobView:
        """Return the job once the version serves; ``DeployFailed`` if it never will, ``WatchStopped`` on Ctrl-C."""
        try:
            while not self._settled():
                self._job = self._newer()
        except KeyboardInterrupt:
            raise WatchStopped(self._job) from None
        return self._job

    def _settled(self) -> bool:
        job, version = self._job, self._version()
        if version is not None and version.state == "failed":
            raise self._failed(version.reason)
        if job.outcome is not None:
            raise self._failed(job.reason or f"the job was {job.outcome.value.lower()} meanwhile")
        coming = [instance for instance in job.instances if version and instance.version == version.version]
        shown = job_substatus(None, [instance.phase for instance in coming])
        if version is not None and version.state == "live" and job.deployed_at is not None:
            shown = JobSubstatus.DEPLOYED_MODEL
        elif shown is JobSubstatus.DEPLOYED_MODEL:
            # It answers, but is not yet what callers reach.
            shown = JobSubstatus.DEPLOYING_MODEL
        self._show(STEPS.index(shown), _progress(coming))
        return shown is JobSubstatus.DEPLOYED_MODEL

    def _version(self) -> VersionView | None:
        return next((version for version in self._job.versions if version.version_id == self._version_id), None)

    def _show(self, at: int, progress: Progress) -> None:
        for passed in range(max(self._reached, 0), at):
            self._tell(Step(name=STEPS[passed], state="done"))
        self._reached = max(at, self._reached)
        last = STEPS[at] is JobSubstatus.DEPLOYED_MODEL
        step = Step(name=STEPS[at], state="done" if last else "running", progress=progress)
        if step != self._told:
            self._tell(step)
            self._told = step

    def _newer(self) -> JobView:
        """Return the job at a newer revision, or as it still is; a control that restarts is waited for."""
        deadline = clock.now() + PATIENCE_S
        while True:
            try:
                return self._control.job(self._job.job_id, after=self._job.rev)
            except BackendDown:
                if clock.now() > deadline:
                    raise
                time.sleep(0.5)

    def _failed(self, reason: str) -> DeployFailed:
        name = STEPS[max(self._reached, 0)]
        self._tell(Step(name=name, state="failed", progress=Progress(text=summary(reason))))
        kept = any(version.state == "live" for version in self._job.versions)
        still = f"the version before still serves {self._job.model_name}" if kept else ""
        return DeployFailed(
            f"{self._job.model_name} did not come up: {summary(reason)}",
            fix=" · ".join(filter(None, (_mend(reason, self._job.model_name), still))),
            details=reason,
        )


def _mend(reason: str, model_name: str) -> str:
    missing = re.search(r"ModuleNotFoundError: No module named '([^'.]+)", reason)
    if missing:
        return f"add the package that brings {missing[1]!r} to requirements.txt and deploy again"
    return f"mend it and deploy again; `aibro logs {model_name}` shows what the model printed"


def summary(reason: str) -> str:
    """Return the line of a reason that says most: a traceback's last, else the first."""
    lines = [line.strip() for line in reason.splitlines() if line.strip()]
    if not lines:
        return "no reason was given"
    return lines[-1] if any(line.startswith("Traceback") for line in lines) else lines[0]


def _progress(coming: list[InstanceView]) -> Progress:
    """Return how far the furthest instance is, the standby first."""
    going = [instance for instance in coming if instance.phase in PROGRESS]
    if not going:
        return Progress()
    return max(going, key=lambda one: (PROGRESS.index(one.phase), one.role is Role.STANDBY)).progress
