"""A tiny repo on its way, for the tests of the road."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.road import Deployed, deploy_repo
from aibro_jupyter.protocol import Step

GATED = """
import pathlib
import time


def load_model():
    gate = pathlib.Path({gate!r})
    while not gate.exists():
        time.sleep(0.05)
    return 7


def run(model, data):
    return model
"""


def deployed(
    control: ControlClient,
    root: Path,
    *,
    update: bool = False,
    on_step: Callable[[Step], None] | None = None,
    **options: Any,
) -> Deployed:
    return deploy_repo(control, root, Deployment(name="tiny", **options), update=update, on_step=on_step)
