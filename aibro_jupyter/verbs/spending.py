"""The verbs about money: cost, limits of a job, the budget of all jobs together."""

from __future__ import annotations

import argparse

from aibro_jupyter.client.deployment import Bounds
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.kinds import FLAG
from aibro_jupyter.client.option import Option, options_of, said
from aibro_jupyter.protocol import BudgetView, Limits
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.tree import BadCommand
from aibro_jupyter.verbs.verb import THE_JOB, verb
from aibro_jupyter.verbs.which import job_of
from aibro_jupyter.views import View
from aibro_jupyter.views.budget import BudgetCard
from aibro_jupyter.views.costing import cost_card


@verb(
    *THE_JOB,
    Option(flags=("--no-plot",), kind=FLAG, help="the table alone"),
    examples=("cost iris", "cost iris --no-plot"),
    synonyms=("price", "bill"),
    reads_only=True,
)
def cost(command: Command) -> View:
    """Show what a job has cost, and what else it could have cost."""
    control = backend(start=False)
    return cost_card(control, job_of(control, command.options, ended=True), plot=not command.options.no_plot)


@verb(
    *THE_JOB,
    *options_of(Bounds),
    Option(flags=("--none",), kind=FLAG, help="no limits at all"),
    examples=("limits iris", "limits iris --budget-per-day 5 --ttl 8h", "limits iris --none"),
    synonyms=("limit",),
)
def limits(command: Command) -> View:
    """Show what a job may cost and for how long; set, clear."""
    options = command.options
    control = backend(start=False)
    job = job_of(control, options)
    wanted = _wanted(options, job.budget)
    if wanted is not None:
        job = control.limit(job.job_id, wanted)
    return BudgetCard(whose=job.model_name, budget=job.budget, changed=wanted is not None)


@verb(
    *options_of(Bounds, "budget_per_day", "budget_stop", "notify"),
    Option(flags=("--none",), kind=FLAG, help="no budget for all together"),
    examples=("budget", "budget --per-day 20", "budget --none"),
)
def budget(command: Command) -> View:
    """Show what all jobs together may cost; set, clear."""
    options = command.options
    control = backend(start=False)
    seen = control.status()
    wanted = _wanted(options, seen.budget)
    if wanted is not None:
        control.limit_all(wanted)
        seen = control.status()
    return BudgetCard(whose="all jobs", budget=seen.budget, changed=wanted is not None)


def _wanted(options: argparse.Namespace, known: BudgetView | None) -> Limits | None:
    """Return the limits to set: those named, in place of the same ones that are known."""
    named = Bounds(**said(Bounds, options)).limits()
    if options.none:
        if named is not None:
            raise BadCommand("--none and a limit exclude each other", fix="give the one or the other")
        return Limits()
    if named is None or known is None:
        return named
    if known.notify and not named.notify:
        # The backend tells the host of the address only, so it could not be set again from here.
        raise BadCommand(f"news go to {known.notify}: give that address again", fix="add --notify URL, or --none first")
    return Limits(
        budget_per_day_micros=named.budget_per_day_micros or known.per_day_micros,
        budget_stop_micros=named.budget_stop_micros or known.stop_micros,
        until=named.until or known.until,
        notify=named.notify,
    )
