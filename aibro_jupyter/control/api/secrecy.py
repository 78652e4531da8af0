"""The owner's side of the API, for secrets: values come in, names go out."""

from __future__ import annotations

from aiohttp import web

from aibro_jupyter.control.api.messages import answer, asked
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.rows import VersionState
from aibro_jupyter.control.ledger.vault import Vault
from aibro_jupyter.errors import NoSuchJob
from aibro_jupyter.protocol import SecretsUpdate

_MAY_COME_BACK = 5
"""So many of the newest versions keep the set of values that they were deployed with."""


class Secrecy:
    """What the owner may do with a job's secrets: add or replace them, and see their names."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._vault = Vault(world.home.secrets)

    async def keep_secrets(self, request: web.Request) -> web.Response:
        """Add or replace secrets of a job, also of one that is only about to be made."""
        job_id = request.match_info["job_id"]
        wanted = await asked(request, SecretsUpdate)
        return answer(self._vault.keep(job_id, wanted.values, used=self._used(job_id)))

    async def secrets(self, request: web.Request) -> web.Response:
        """Return the names of a job's secrets."""
        return answer(self._vault.view(self._store.job(request.match_info["job_id"]).job.job_id))

    def _used(self, job_id: str) -> frozenset[str]:
        try:
            known = self._store.job(job_id)
        except NoSuchJob:
            return frozenset()
        kept = [version for version in known.still_active().versions if version.state is not VersionState.FAILED]
        return frozenset(version.spec.secrets for version in kept[-_MAY_COME_BACK:])
