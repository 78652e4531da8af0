"""The Python side of a deployed function: ``deploy(predict, sample=X[:5])`` returns a ``Job`` to call and to ask."""

from __future__ import annotations

from aibro_jupyter.job.capturing import CaptureOptions, capture, captured
from aibro_jupyter.job.deploying import deploy, deploy_folder, deploy_function
from aibro_jupyter.job.drilling import DrillOptions, drill
from aibro_jupyter.job.facts import captured_facts
from aibro_jupyter.job.handle import Job
from aibro_jupyter.job.simulating import simulate

__all__ = [
    "CaptureOptions",
    "DrillOptions",
    "Job",
    "capture",
    "captured",
    "captured_facts",
    "deploy",
    "deploy_folder",
    "deploy_function",
    "drill",
    "simulate",
]
