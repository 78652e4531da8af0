"""A deployed function as Python holds it: something to call and to ask."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from aibro_jupyter.client.arguments import checked
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.finding import find
from aibro_jupyter.client.kinds import COUNT, TEXT
from aibro_jupyter.client.predict import predict
from aibro_jupyter.client.use import use
from aibro_jupyter.errors import PredictFailed
from aibro_jupyter.job.drilling import DrillOptions, drill
from aibro_jupyter.masking import Secret
from aibro_jupyter.protocol import JobView
from aibro_jupyter.views import View
from aibro_jupyter.views.cost import CostCard
from aibro_jupyter.views.costing import cost_card
from aibro_jupyter.views.drill import DrillReport
from aibro_jupyter.views.history import EventList, LogLines
from aibro_jupyter.views.jobs import StatusList


class Job:
    """A deployed function. ``Job("iris")`` finds the active job of that name.

    Args:
        model_name: The name of an active job.
        job_id: A job's id instead; ended ones are found too.
        card: What a notebook shows of it first; None: its status.

    Raises:
        NoSuchJob: No job has that id, or no active one that name.
        BackendDown: No backend runs; none is started for this.
    """

    @checked(model_name=TEXT, job_id=TEXT)
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
        """Call the API and return its answer.

        Args:
            data: The value of the function's one parameter; as ``predict`` takes it.
            timeout_s: Seconds for everything, repeats included.
            **parameters: Values by parameter name, in place of ``data``; of one parameter its bare value is sent.

        Returns:
            What ``predict`` returns.

        Raises:
            PredictFailed: The API's own message, with its HTTP status in ``status_code``.
        """

        def called(url: str) -> Any:
            sent = _by_name(url, parameters) if data is None and parameters else data
            return predict(url, sent, timeout_s=timeout_s)

        # The URL is kept, so that calls need no control; clients may have changed when it answers 404.
        known = self._called
        self._called = known or str(self.url)
        try:
            return called(self._called)
        except PredictFailed as error:
            if known is None or error.status_code != HTTPStatus.NOT_FOUND:
                raise
            self._called = str(self.url)
            return called(self._called)

    def cost(self) -> CostCard:
        """Return what it has cost, beside what all on demand and an always-on cooling instance would have.

        Returns:
            Sums and the bill's own lines, in micro-dollars; in a notebook it draws itself.
        """
        return cost_card(self._control, self.view)

    @checked(lines=COUNT, request=TEXT)
    def logs(self, lines: int = 200, *, request: str = "") -> LogLines:
        """Return the last lines that its instances wrote.

        Args:
            lines: How many, at most.
            request: Only those about the request with this ``X-Aibro-Request-Id``.

        Returns:
            The lines, oldest first.
        """
        return LogLines(logs=self._control.logs(self.job_id, lines=lines, request=request), model_name=self.name)

    def events(self) -> EventList:
        """Return what happened to it, and each of its last wakes in parts.

        Returns:
            Events, oldest first, and wakes.
        """
        job = self.view
        return EventList(events=tuple(self._control.events(job.job_id)), wakes=job.wakes, model_name=job.model_name)

    def drill(self, kind: str, *, body: str | None = None, rate: float = 20.0, notice_s: float = 5.0) -> DrillReport:
        """Break an instance on purpose under steady requests, each sent exactly once, and report what was lost.

        Args:
            kind: ``"spot"``: its market takes it back; ``"sleep"``: the cooling instance sleeps at once; ``"kill"``:
                its process dies.
            body: What is sent: JSON or text, or ``@FILE``; None: the job's own sample.
            rate: Requests a second.
            notice_s: Of ``"spot"``: seconds from the notice to the end.

        Returns:
            What was sent, answered and lost, and how long it took until the role served again.

        Raises:
            NothingToDrill: No instance can break that way.
            BadRequest: The job is not DEPLOYED, has no sample, or fails before anything is broken.
        """
        return drill(self._control, self.view, DrillOptions(kind=kind, body=body, rate=rate, notice_s=notice_s))

    def rollback(self) -> None:
        """Let the version before come up beside this one and take over; returns at once.

        Raises:
            NoEarlierVersion: There is none.
        """
        self._control.rollback(self.job_id)
        self._card = None

    def complete(self) -> None:
        """End it: its API is closed and its name free when this returns."""
        self._control.complete(self.job_id)
        self._card = None

    def __repr__(self) -> str:
        job = self.view
        return f"<Job {job.model_name} {job.status} {job.url}>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return self.card._repr_mimebundle_()

    def _status(self) -> View:
        status = self._control.status()
        return StatusList(status=replace(status, jobs=(self.view,)))


def _by_name(url: str, parameters: dict[str, Any]) -> Any:
    """Return what is posted for values by parameter: the bare value where the API takes one parameter alone."""
    if len(parameters) == 1 and (sole := use(url).sole) in parameters:
        return parameters[sole]
    return parameters
