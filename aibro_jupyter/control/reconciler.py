"""The engine: for each job look what is, plan what is due, write it down, ask for it. Again and again, from scratch."""

from __future__ import annotations

import asyncio
import logging
import secrets

from aibro_jupyter.control.admission import bundle_path
from aibro_jupyter.control.observe import Price, observe
from aibro_jupyter.control.plan import Action, Ask, Call, Cancel, FailVersion, Launch, Promote, pace_s, plan
from aibro_jupyter.control.rows import Dossier, InstanceRow, Move
from aibro_jupyter.control.snapshot import SILENT_S, Snapshot
from aibro_jupyter.control.world import World
from aibro_jupyter.errors import AibroError, LaunchRefused
from aibro_jupyter.machines import Market, machine
from aibro_jupyter.protocol import Boot, Health, VersionSpec
from aibro_jupyter.providers.base import Provider, Seen, State
from aibro_jupyter.states import Outcome, Phase, Role

_LOG = logging.getLogger(__name__)
_SILENT_LOOKS = 10
_DOWN = (Phase.STOPPED, Phase.TERMINATED)
_NO_PRICE = Price(micros_per_hour=None, on_demand_micros_per_hour=0)
"""Stands in where no interval can open."""


class Reconciler:
    """Looks, plans and acts for one job at a time. All it keeps in memory may be lost: the next look finds it again."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.parked = False
        """The backend is going down."""
        self.health: dict[str, Health] = {}
        """What each agent last said of itself."""
        self._silence: dict[str, tuple[float, int]] = {}
        """Since when, and for how many looks in a row, an agent has not answered."""

    async def reconcile(self, job_id: str) -> float | None:
        """Look, plan, act; return the seconds until the next look is worth it. Safe to call at any time."""
        await self._look(self._world.store.job(job_id))
        actions = plan(self._snapshot(job_id), self._world.clock.now())
        for action in actions:
            await self._act(job_id, action)
        if actions:
            return 0.0
        settings = self._world.settings
        return pace_s(
            self._snapshot(job_id), self._world.clock.now(), hurry_s=settings.hurry_s, resync_s=settings.resync_s
        )

    # --- look ---------------------------------------------------------------------------------------------------------

    async def _look(self, known: Dossier) -> None:
        rows = [row for row in known.instances if row.phase is not Phase.TERMINATED]
        for place in sorted({row.place for row in rows}):
            here = [row for row in rows if row.place == place]
            provider = self._world.providers.get(place)
            if provider is None:
                _LOG.error("nobody knows the place %r any more; %d instance(s) are out of sight", place, len(here))
                continue
            seen = await self._world.run_blocking(provider.look, [row.instance_id for row in here])
            told = await asyncio.gather(*(self._ask_agent(row, seen[row.instance_id]) for row in here))
            for row, health in zip(here, told, strict=True):
                await self._record(provider, row, seen[row.instance_id], health)

    async def _ask_agent(self, row: InstanceRow, seen: Seen) -> Health | None:
        if seen.state is not State.RUNNING or seen.endpoint is None:
            return None
        return await self._world.probe.health(row, seen.endpoint)

    async def _record(self, provider: Provider, row: InstanceRow, seen: Seen, health: Health | None) -> None:
        store, now = self._world.store, self._world.clock.now()
        billed = frozenset(
            bill.kind
            for bill in store.intervals(row.job_id)
            if bill.instance_id == row.instance_id and bill.closed_ms is None
        )
        opens = seen.state is State.RUNNING and "compute" not in billed
        price = await self._price(provider, row) if opens else _NO_PRICE
        found = observe(row, seen, health, now, price=price, billed=billed)
        if found:
            store.advance(row.instance_id, found.moves, now=now, bills=found.bills, endpoint=found.endpoint)
        self._listen(row, silent=seen.state is State.RUNNING and health is None)
        self._remember(row, health, ended=any(move.phase in _DOWN for move in found.moves))

    def _listen(self, row: InstanceRow, *, silent: bool) -> None:
        if not silent:
            self._silence.pop(row.instance_id, None)
            return
        since, looks = self._silence.get(row.instance_id, (self._world.clock.now(), 0))
        self._silence[row.instance_id] = since, looks + 1

    def _is_silent(self, row: InstanceRow, now: float) -> bool:
        # A computer that slept has let time pass without asking: only many questions in vain are silence.
        since, looks = self._silence.get(row.instance_id, (now, 0))
        return looks >= _SILENT_LOOKS and now - since >= SILENT_S

    def _remember(self, row: InstanceRow, health: Health | None, *, ended: bool) -> None:
        if ended:
            self.health.pop(row.instance_id, None)
        elif health is not None:
            before = self.health.get(row.instance_id)
            self.health[row.instance_id] = health
            if before is None or (before.stage, before.progress) != (health.stage, health.progress):
                self._world.store.bump(row.job_id)

    async def _price(self, provider: Provider, row: InstanceRow) -> Price:
        on_demand = await self._world.run_blocking(provider.price_micros, row.machine, Market.ON_DEMAND)
        return Price(
            micros_per_hour=await self._world.run_blocking(provider.price_micros, row.machine, row.market),
            on_demand_micros_per_hour=machine(row.machine).on_demand_micros if on_demand is None else on_demand,
            disk_micros_per_hour=self._world.settings.disk_micros_per_hour,
        )

    async def strongest_micros(self, spec: VersionSpec) -> int | None:
        """Return the on-demand price of the strongest configured machine, micro-dollars an hour; None: unknown."""
        provider, machines = self._world.providers[spec.on], spec.machines
        prices = [
            await self._world.run_blocking(provider.price_micros, name, Market.ON_DEMAND)
            for name in (machines.standby, machines.cooling)
            if name is not None
        ]
        return max((price for price in prices if price is not None), default=None)

    def _snapshot(self, job_id: str) -> Snapshot:
        known, gateways, now = self._world.store.job(job_id), self._world.gateways, self._world.clock.now()
        limits = {version.version: version.spec.request_limit_s for version in known.versions}
        present = [row for row in known.instances if row.phase is not Phase.TERMINATED]
        return Snapshot(
            job=known.job,
            versions=known.versions,
            instances=known.instances,
            last_request_at=known.job.last_request_at,
            reported_at=gateways.reported_at(),
            drained=frozenset(i.instance_id for i in present if gateways.drained(i, now, limits[i.version])),
            busy=frozenset(i.instance_id for i in present if gateways.in_flight(i) > 0),
            unstoppable=frozenset(i.instance_id for i in present if not self._can_stop(i)),
            silent=frozenset(i.instance_id for i in present if self._is_silent(i, now)),
            parked=self.parked,
        )

    def _can_stop(self, row: InstanceRow) -> bool:
        provider = self._world.providers.get(row.place)
        return provider is not None and provider.can_stop(row.market)

    # --- act ----------------------------------------------------------------------------------------------------------

    async def _act(self, job_id: str, action: Action) -> None:
        store, now = self._world.store, self._world.clock.now()
        match action:
            case Move():
                store.advance(action.instance_id, [action], now=now)
            case Launch():
                store.add_instance(self._wanted(job_id, action), now)
            case Promote():
                store.promote(job_id, action.version, now)
            case FailVersion():
                store.fail_version(job_id, action.version, action.reason, now)
            case Cancel():
                store.end_job(job_id, Outcome.CANCELED, action.reason, now)
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
            place=version.spec.on,
            token=secrets.token_urlsafe(32),
            phase=Phase.REQUESTING,
            phase_at=now,
        )

    async def _ask(self, known: Dossier, row: InstanceRow, call: Call) -> None:
        provider, run = self._world.providers[row.place], self._world.run_blocking
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
        """Write down a refusal. A first standby refused for want of capacity is asked for again within its wait."""
        waits = known.job.deployed_at is None and row.role is Role.STANDBY and error.reason == "capacity"
        if waits and row.phase is Phase.REQUESTING:
            return False
        to = Phase.TERMINATED if row.phase is Phase.REQUESTING else Phase.TERMINATING
        move = Move(row.instance_id, to, error.message, failed=True)
        self._world.store.advance(row.instance_id, [move], now=self._world.clock.now())
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
            envs=str(home.envs),
        )
