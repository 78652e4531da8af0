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
    wanted = {row.version for row in known.instances if row.phase is not Phase.TERMINATED}
    if known.job.outcome is None:
        wanted |= {v.version for v in known.versions if v.state in (VersionState.LIVE, VersionState.COMING)}
        wanted |= {known.earlier.version} if known.earlier else set()
    yield from (version.spec for version in known.versions if version.version in wanted)
