"""A deployed function as Python holds it: something to call and to ask."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.predict import predict
from aibro_jupyter.errors import BadRequest, PredictFailed
from aibro_jupyter.protocol import JobView
from aibro_jupyter.views import View
from aibro_jupyter.views.jobs import CostLine, LogLines, StatusList
from aibro_jupyter.views.words import Secret, masked_url


class Job:
    """A deployed function. ``Job("iris")`` finds the active job of that name and raises ``NoSuchJob`` without one."""

    def __init__(self, model_name: str = "", *, job_id: str = "", card: View | None = None) -> None:
        found = find(backend(start=False), model_name or None, job_id or None)
        self.job_id = found.job_id
        self.name = found.model_name
        self._card = card
        self._called: str | None = None

    @property
    def _control(self) -> ControlClient:
        # Found anew each time: a backend that was restarted may live at another port.
        return backend(start=False)

    @property
    def card(self) -> View:
        """What a notebook shows of it: the output of its deploy, else its status now."""
        return self._card or self._status()

    @property
    def view(self) -> JobView:
        """What the backend says of it now."""
        return self._control.job(self.job_id)

    @property
    def url(self) -> str:
        """The predict URL, of the first client if it has clients; ``print`` shows it in full, a notebook masked."""
        return self.urls[0]

    @property
    def urls(self) -> tuple[str, ...]:
        """One predict URL per client, or the public one."""
        return tuple(Secret(url) for url in self._control.clients(self.job_id).urls)

    @property
    def clients(self) -> tuple[str, ...]:
        """The client ids, none if it is public; ``print`` shows them in full, a notebook masked."""
        return tuple(Secret(client) for client in self._control.clients(self.job_id).client_ids)

    def __call__(self, data: Any = None, /, *, timeout_s: float = 600, **parameters: Any) -> Any:
        """Call the API with a value, or with one value per parameter, and return its answer."""
        sent = parameters if data is None and parameters else data
        # The URL is kept, so that calls need no control; clients may have changed when it answers 404.
        known = self._called
        self._called = known or str(self.url)
        try:
            return predict(self._called, sent, timeout_s=timeout_s)
        except PredictFailed as error:
            if known is None or error.status_code != HTTPStatus.NOT_FOUND:
                raise
            self._called = str(self.url)
            return predict(self._called, sent, timeout_s=timeout_s)

    def cost(self) -> CostLine:
        """Return what it has cost, and what else it could have cost."""
        return CostLine(cost=self._control.cost(self.job_id))

    def logs(self, lines: int = 200) -> LogLines:
        """Return the last lines that its instances wrote."""
        return LogLines(logs=self._control.logs(self.job_id, lines=lines), model_name=self.name)

    def complete(self) -> None:
        """End it: its API is closed and its name free when this returns."""
        self._control.complete(self.job_id)
        self._card = None

    def __repr__(self) -> str:
        job = self.view
        return f"<Job {job.model_name} {job.status} {masked_url(job.url)}>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return self.card._repr_mimebundle_()

    def _status(self) -> View:
        status = self._control.status()
        assert status is not None, "a status asked for without an ETag is always answered"
        return StatusList(status=replace(status, jobs=(self.view,)))


def find(control: ControlClient, model_name: str | None, job_id: str | None) -> JobView:
    """Return a job by its id, else the active one of that name; neither given raises ``BadRequest``."""
    if job_id:
        return control.job(job_id)
    if model_name:
        return control.job_named(model_name)
    raise BadRequest("which job?", fix="give its model_name or its job_id")
