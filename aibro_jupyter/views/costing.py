"""What a job cost, with its requests for the picture."""

from __future__ import annotations

from aibro_jupyter import clock
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.figures import HOUR_S
from aibro_jupyter.protocol import JobView
from aibro_jupyter.views.cost import CostCard


def cost_card(control: ControlClient, job: JobView, *, plot: bool = True) -> CostCard:
    """Return what a job has cost and what else it could have cost."""
    cost = control.cost(job.job_id)
    if not plot:
        return CostCard(cost=cost, plot=False)
    hours = max(0.1, (clock.now() - job.created_at) / HOUR_S)
    asked = control.timeline(job.job_id, hours=hours).requests
    return CostCard(cost=cost, ticks=tuple((tick.at, tick.count) for tick in asked))
