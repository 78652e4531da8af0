"""What a capture changed since the last deploy of its name."""

from __future__ import annotations

import tempfile
from pathlib import Path

from aibro_jupyter.capturing import Capture
from aibro_jupyter.capturing.writing.diff import repo_diff
from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.errors import BackendDown, NoSuchJob
from aibro_jupyter.home import suggested_name
from aibro_jupyter.protocol import JobView
from aibro_jupyter.repo.bundle import unpack
from aibro_jupyter.views.proof import DiffView


def changes(found: Capture) -> DiffView:
    """Return in what a captured repo differs from the version that serves under its name."""
    name = suggested_name(found.name)
    with tempfile.TemporaryDirectory(prefix="aibro-diff-") as scratch:
        try:
            control = backend(start=False)
            version = _fetched(control, control.job_named(name), Path(scratch))
        except (BackendDown, NoSuchJob):
            version = 0
        if not version:
            return DiffView(name=name, version=0, changes=())
        return DiffView(name=name, version=version, changes=repo_diff(Path(scratch) / "live", found.path))


def _fetched(control: ControlClient, job: JobView, scratch: Path) -> int:
    """Unpack the live version's repo and return its number; 0 if none is live."""
    live = next((version for version in job.versions if version.state == "live"), None)
    if live is None:
        return 0
    archive = control.get_bundle(live.spec.bundle, scratch / "bundle.tar.gz")
    unpack(archive, live.spec.bundle, scratch / "live")
    return live.version
