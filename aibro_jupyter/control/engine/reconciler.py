"""The engine: for each job look what is, plan what is due, write it down, ask for it. Again and again, from scratch."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping

from aibro_jupyter.control.engine.look import Look
from aibro_jupyter.control.engine.news import News
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.bundles import bundle_path
from aibro_jupyter.control.ledger.meter import Spending, spending
from aibro_jupyter.control.ledger.rows import Dossier, InstanceRow, Move, VersionState
from aibro_jupyter.control.ledger.vault import Vault
from aibro_jupyter.control.rules.actions import (
    Action,
    Ask,
    BudgetNews,
    Call,
    Cancel,
    Complete,
    FailVersion,
    Launch,
    Promote,
    Stuck,
)
from aibro_jupyter.control.rules.budget import Standing, standing
from aibro_jupyter.control.rules.plan import pace_s, plan
from aibro_jupyter.control.rules.snapshot import Snapshot
from aibro_jupyter.control.rules.spot import REMEMBERED_S, rests
from aibro_jupyter.errors import AibroError, LaunchRefused
from aibro_jupyter.home import secrets_file
from aibro_jupyter.machines import Market, machine
from aibro_jupyter.protocol import Boot, Health, Limits, VersionSpec
from aibro_jupyter.providers.base import Provider
from aibro_jupyter.states import Outcome, Phase, Role

_LOG = logging.getLogger(__name__)


class Reconciler:
    """Looks, plans and acts for one job at a time. All it keeps in memory may be lost: the next look finds it again."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.parked = False
        """The backend is going down."""
        self._news = News(world)
        self._look = Look(world, self._news)

    @property
    def health(self) -> dict[str, Health]:
        """What each agent last said of itself."""
        return self._look.health

    async def reconcile(self, job_id: str) -> float | None:
        """Look, plan, act; return the seconds until the next look is worth it. Safe to call at any time."""
        known = self._world.store.job(job_id)
        if known.job.outcome is not None:
            Vault(self._world.home.secrets).forget(job_id)
        await self._look.at(known)
        spot_from = await self._offers(self._world.store.job(job_id))
        # From here to the last decision nothing is awaited: a plan is made from one moment.
        seen, now = self._snapshot(job_id, spot_from), self._world.clock.now()
        actions = plan(seen, now)
        for action in actions:
            await self._act(job_id, action)
        if actions:
            return 0.0
        return pace_s(seen, now, hurry_s=self._world.settings.hurry_s, resync_s=self._world.settings.resync_s)

    async def _offers(self, known: Dossier) -> dict[str, float]:
        """Return the machines of a job that its provider offers on spot, with the time until which spot rests."""
        if known.job.outcome is not None or known.job.deployed_at is None:
            return {}
        now, found = self._world.clock.now(), dict[str, float]()
        for version in (v for v in known.versions if v.state in (VersionState.LIVE, VersionState.COMING)):
            name, machines = version.spec.on, version.spec.machines
            provider = self._world.providers.get(name)
            if provider is None:
                continue
            names = {machines.standby, machines.cooling or machines.standby}
            offered = await self._world.run_blocking(_offered_on_spot, provider, names)
            until = rests(self._world.store.losses(now - REMEMBERED_S)) if offered else {}
            found |= {machine: until.get((name, machine), 0.0) for machine in offered}
        return found

    def _standing(self, known: Dossier, now: float) -> Standing:
        own, common, book = known.job.limits, self._world.store.common_limits(), self._world.price_book
        if own == common == Limits():
            return Standing()
        mine = spending(self._world.store.intervals(known.job.job_id), now, book)
        money = (common.budget_per_day_micros, common.budget_stop_micros) != (None, None)
        ours = spending(self._world.store.all_intervals(), now, book) if money else Spending()
        return standing(own, mine, common, ours, now)

    async def strongest_micros(self, spec: VersionSpec) -> int | None:
        """Return the on-demand price of the strongest configured machine, micro-dollars an hour; None: unknown."""
        provider, machines = self._world.providers[spec.on], spec.machines
        prices = [
            await self._world.run_blocking(provider.price_micros, name, Market.ON_DEMAND)
            for name in (machines.standby, machines.cooling)
            if name is not None
        ]
        return max((price for price in prices if price is not None), default=None)

    def _snapshot(self, job_id: str, spot_from: Mapping[str, float]) -> Snapshot:
        known, gateways, now = self._world.store.job(job_id), self._world.gateways, self._world.clock.now()
        limits = {version.version: version.spec.request_limit_s for version in known.versions}
        present = [row for row in known.instances if row.phase is not Phase.TERMINATED]
        silent = frozenset(i.instance_id for i in present if self._look.is_silent(i, now))
        drained = frozenset(i.instance_id for i in present if gateways.drained(i, now, limits[i.version]))
        return Snapshot(
            job=known.job,
            versions=known.versions,
            instances=known.instances,
            last_request_at=known.job.last_request_at,
            reported_at=gateways.reported_at(),
            # What a hung agent holds is answered by nobody before it has ended.
            drained=drained | silent,
            busy=frozenset(i.instance_id for i in present if gateways.in_flight(i) > 0),
            unstoppable=frozenset(i.instance_id for i in present if not self._can_stop(i)),
            silent=silent,
            parked=self.parked,
            standing=self._standing(known, now),
            spot_from=spot_from,
        )

    def _can_stop(self, row: InstanceRow) -> bool:
        provider = self._world.providers.get(row.provider)
        return provider is not None and provider.can_stop(row.market)

    # --- act ----------------------------------------------------------------------------------------------------------

    async def _act(self, job_id: str, action: Action) -> None:
        store, now = self._world.store, self._world.clock.now()
        match action:
            case Move():
                (row,) = (i for i in store.job(job_id).instances if i.instance_id == action.instance_id)
                store.advance(action.instance_id, [action], now=now)
                self._news.recorded(row, [action])
            case Launch():
                store.add_instance(self._wanted(job_id, action), now, action.why)
            case Promote():
                store.promote(job_id, action.version, now)
            case FailVersion():
                store.fail_version(job_id, action.version, action.reason, now)
            case Cancel():
                store.end_job(job_id, Outcome.CANCELED, action.reason, now)
                self._news.tell(job_id, "canceled", action.reason)
            case Complete():
                store.end_job(job_id, Outcome.COMPLETED, action.reason, now)
                self._news.tell(job_id, "ended", action.reason)
            case BudgetNews():
                store.set_budget_state(job_id, action.state, action.text, now)
                if action.state != "ok":
                    self._news.tell(job_id, f"budget-{action.state}", action.text)
            case Stuck():
                store.stuck(action.instance_id, action.why, now)
                self._news.tell(job_id, "not-ended", f"{action.instance_id} {action.why}")
            case Ask():
                known = store.job(job_id)
                (row,) = (row for row in known.instances if row.instance_id == action.instance_id)
                await self._ask(known, row, action.call)

    def _wanted(self, job_id: str, action: Launch) -> InstanceRow:
        (version,) = (v for v in self._world.store.job(job_id).versions if v.version == action.version)
        now = self._world.clock.now()
        return InstanceRow(
            instance_id=f"ins_{secrets.token_hex(8)}",
            job_id=job_id,
            version=action.version,
            role=action.role,
            machine=action.machine,
            market=action.market,
            provider=version.spec.on,
            token=secrets.token_urlsafe(32),
            phase=Phase.REQUESTING,
            phase_at=now,
            replaces=action.replaces,
        )

    async def _ask(self, known: Dossier, row: InstanceRow, call: Call) -> None:
        provider, run = self._world.providers[row.provider], self._world.run_blocking
        why = ""
        try:
            match call:
                case Call.LAUNCH:
                    await run(provider.launch, row.instance_id, row.machine, row.market, self._boot(known, row))
                case Call.START:
                    await run(provider.start, row.instance_id)
                case Call.STOP:
                    await run(provider.stop, row.instance_id)
                case Call.TERMINATE:
                    await run(provider.terminate, row.instance_id)
        except LaunchRefused as error:
            if self._refused(known, row, error):
                return
            why = error.message
        except (AibroError, OSError) as error:
            why = error.message if isinstance(error, AibroError) else str(error)
            _LOG.warning("%s of %s: %s", call, row.instance_id, why)
        self._world.store.asked(row.instance_id, self._world.clock.now(), why)

    def _refused(self, known: Dossier, row: InstanceRow, error: LaunchRefused) -> bool:
        """Write down a refusal; False: a first standby's for want of capacity, asked for again in its wait."""
        waits = known.job.deployed_at is None and row.role is Role.STANDBY and error.reason == "capacity"
        if waits and row.phase is Phase.REQUESTING:
            return False
        to = Phase.TERMINATED if row.phase is Phase.REQUESTING else Phase.TERMINATING
        on_spot = row.market is Market.SPOT and error.reason == "capacity"
        move = Move(row.instance_id, to, error.message, failed=not on_spot, refused=on_spot)
        self._world.store.advance(row.instance_id, [move], now=self._world.clock.now())
        self._news.recorded(row, [move])
        return True

    def _boot(self, known: Dossier, row: InstanceRow) -> Boot:
        (version,) = (v for v in known.versions if v.version == row.version)
        spec, size, home = version.spec, machine(row.machine), self._world.home
        return Boot(
            job_id=row.job_id,
            role=row.role,
            bundle_url=bundle_path(home.bundles, spec.bundle).as_uri(),
            bundle=spec.bundle,
            lock=spec.lock,
            python=spec.python,
            token=row.token,
            vcpus=size.vcpus,
            memory_mib=size.memory_mib,
            request_limit_s=spec.request_limit_s,
            enforce=spec.enforce,
            isolate=spec.isolate or self._world.settings.isolate,
            envs=str(home.envs),
            secrets=str(secrets_file(home.secrets, row.job_id, spec.secrets)) if spec.secrets else "",
            backend_id=self._world.backend_id,
            model_name=known.job.model_name,
            unwanted_s=self._world.settings.unwanted_s,
            slots=spec.slots,
        )


def _offered_on_spot(provider: Provider, names: set[str]) -> list[str]:
    return [name for name in sorted(names) if provider.offers(name, Market.SPOT)]
