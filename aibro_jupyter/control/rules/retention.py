"""Which versions of a job keep their bundle and their environment."""

from __future__ import annotations

from collections.abc import Iterator

from aibro_jupyter.control.ledger.rows import Dossier, VersionState
from aibro_jupyter.protocol import VersionSpec
from aibro_jupyter.states import Phase


def needed(known: Dossier) -> Iterator[VersionSpec]:
    """Yield the specs that an active job can still need: what serves or comes up, and what a rollback would bring.

    So do instances that are not gone yet, whatever their version has become.
    """
    running = {row.version for row in known.instances if row.phase is not Phase.TERMINATED}
    earlier = known.earlier
    for version in known.versions:
        active = known.job.outcome is None and version.state in (VersionState.LIVE, VersionState.COMING)
        if active or version.version in running or (known.job.outcome is None and version == earlier):
            yield version.spec
