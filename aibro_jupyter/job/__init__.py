"""The Python side of a deployed function: ``deploy(predict, sample=X[:5])`` returns a ``Job`` to call and to ask."""

from __future__ import annotations

from aibro_jupyter.job.deploying import deploy, deploy_folder
from aibro_jupyter.job.drilling import Plan, drill
from aibro_jupyter.job.facts import captured_facts
from aibro_jupyter.job.handle import Job, find
from aibro_jupyter.job.simulating import simulate
from aibro_jupyter.job.wish import Wish, chosen_machines

__all__ = [
    "Job",
    "Plan",
    "Wish",
    "captured_facts",
    "chosen_machines",
    "deploy",
    "deploy_folder",
    "drill",
    "find",
    "simulate",
]
