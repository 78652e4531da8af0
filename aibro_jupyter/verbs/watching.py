"""The verbs that look at what happens: logs, events, drill."""

from __future__ import annotations

import time

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.kinds import COUNT, FLAG
from aibro_jupyter.client.option import Option, options_of, said
from aibro_jupyter.job import DrillOptions
from aibro_jupyter.job import drill as run_drill
from aibro_jupyter.protocol import JobView
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.tree import BadCommand
from aibro_jupyter.verbs.verb import THE_JOB, verb
from aibro_jupyter.verbs.which import job_of
from aibro_jupyter.views import Note, View
from aibro_jupyter.views.history import EventList, LogLines

_FOLLOW_S = 10.0
_PAUSE_S = 0.5
"""Chosen, both: how long control waits for a line, and how soon a log that is not there yet is asked for again."""


@verb(
    *THE_JOB,
    Option(flags=("--follow", "-f"), kind=FLAG, help="go on showing what comes, until interrupted"),
    Option(flags=("--lines", "-n"), kind=COUNT, default=200, help="how many"),
    Option(flags=("--request",), metavar="ID", default="", help="only about one request, by its X-Aibro-Request-Id"),
    Option(flags=("--events",), kind=FLAG, help="what happened to the job instead"),
    examples=("logs iris", "logs iris --follow", "logs iris --request req_0123456789abcdef"),
    synonyms=("log", "tail"),
    reads_only=True,
)
def logs(command: Command) -> View:
    """Show what a job's instances wrote: prints, environment, tracebacks."""
    options = command.options
    control = backend(start=False)
    job = job_of(control, options, ended=True)
    if options.events:
        return _events(control, job, options.lines)
    if options.follow:
        return _followed(command, control, job)
    found = control.logs(job.job_id, lines=options.lines, request=options.request)
    about = f"about request {options.request}, {job.model_name}" if options.request else job.model_name
    return LogLines(logs=found, model_name=about)


def _followed(command: Command, control: ControlClient, job: JobView) -> View:
    options, say = command.options, command.asker.say
    if command.asker.machine:
        raise BadCommand("--follow has no end to print as JSON", fix="without --json, or without --follow")
    try:
        found = control.logs(job.job_id, lines=options.lines, request=options.request)
        while True:
            for line in found.lines:
                say(line)
            if job.outcome is not None:
                return Note(body=f"{job.model_name} is over: {job.status}")
            if found.cursor:
                cursor = found.cursor
                found = control.logs(job.job_id, request=options.request, after=cursor, wait_s=_FOLLOW_S)
            else:
                # No instance has a log yet: there is nothing to go on from.
                time.sleep(_PAUSE_S)
                found = control.logs(job.job_id, lines=options.lines, request=options.request)
            job = control.job(job.job_id)
    except KeyboardInterrupt:
        return Note(body=f"stopped following; {job.model_name} goes on")


@verb(
    *THE_JOB,
    Option(flags=("--lines", "-n"), kind=COUNT, default=40, help="how many"),
    examples=("events iris", "events iris -n 15"),
    synonyms=("history", "timeline"),
    reads_only=True,
)
def events(command: Command) -> View:
    """Show what happened to a job, and each wake in parts."""
    control = backend(start=False)
    return _events(control, job_of(control, command.options, ended=True), command.options.lines)


def _events(control: ControlClient, job: JobView, lines: int) -> EventList:
    happened = control.events(job.job_id)
    return EventList(events=tuple(happened[-max(1, lines) :]), wakes=job.wakes, model_name=job.model_name)


@verb(
    *options_of(DrillOptions),
    *THE_JOB,
    examples=("drill kill iris", "drill spot iris --notice 2m", "drill sleep iris --rate 5"),
    synonyms=("chaos", "firedrill"),
)
def drill(command: Command) -> View:
    """Break an instance on purpose under steady requests, and count what is lost."""
    how = DrillOptions(**said(DrillOptions, command.options))
    control = backend(start=False)
    return run_drill(control, job_of(control, command.options), how)
