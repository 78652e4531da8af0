"""Wires control together: store, engine, gateways, handlers and the web application. It decides nothing."""

from __future__ import annotations

import asyncio
import getpass
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from aiohttp import web

from aibro_jupyter import protocol
from aibro_jupyter.clock import Clock, SystemClock
from aibro_jupyter.control.api.auth import METRICS, HostList, answers, gatekeeper
from aibro_jupyter.control.api.gateway_handlers import GatewayHandlers
from aibro_jupyter.control.api.handlers import Handlers
from aibro_jupyter.control.api.household import Household
from aibro_jupyter.control.api.messages import answer
from aibro_jupyter.control.api.metrics import Metrics
from aibro_jupyter.control.api.openapi import Caller, Operation, openapi
from aibro_jupyter.control.api.secrecy import Secrecy
from aibro_jupyter.control.api.steering import Steering
from aibro_jupyter.control.api.views import Views
from aibro_jupyter.control.engine.bell import Bell
from aibro_jupyter.control.engine.engine import Engine
from aibro_jupyter.control.engine.keeping import Keeper
from aibro_jupyter.control.engine.notify import Notifier
from aibro_jupyter.control.engine.probe import HttpProbe, Probe
from aibro_jupyter.control.engine.pruning import prune_forever
from aibro_jupyter.control.engine.reports import Reports
from aibro_jupyter.control.engine.sweep import sweep_forever
from aibro_jupyter.control.engine.sync import Gateways
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.bundles import forget_unfinished
from aibro_jupyter.control.ledger.opening import BACKEND_ID, claimed, opened
from aibro_jupyter.control.ledger.store import Store
from aibro_jupyter.control.settings import ControlSettings
from aibro_jupyter.home import Home, suggested_name
from aibro_jupyter.providers.base import Provider

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What control is given: where it lives, whom it trusts, and the providers of machines."""

    home: Home
    settings: ControlSettings
    providers: dict[str, Provider]
    owner_token: str
    gateway_token: str
    metrics_token: str
    gateway_url: str
    hosts: HostList
    clock: Clock | None = None
    probe: Probe | None = None
    """None: agents are asked over HTTP."""


def operations(
    owner: Handlers,
    steering: Steering,
    secrecy: Secrecy,
    household: Household,
    metrics: Metrics,
    gateway: GatewayHandlers,
) -> list[Operation]:
    """Return every operation of the API."""
    p, job = protocol, "/api/jobs/{job_id}"
    routes, report = "/api/gateway/routes", "/api/gateway/report"
    bundle = "/api/bundles/{sha256}"
    return [
        Operation(method="HEAD", path=bundle, handler=owner.has_bundle),
        Operation(method="GET", path=bundle, handler=owner.bundle),
        Operation(method="PUT", path=bundle, handler=owner.put_bundle),
        Operation(method="POST", path="/api/locks", handler=owner.lock, asks=p.LockRequest, answers=p.LockView),
        Operation(method="POST", path="/api/jobs", handler=owner.deploy, asks=p.DeployRequest, answers=p.JobView),
        Operation(
            method="GET", path="/api/jobs", handler=owner.job_named, answers=p.JobView, query=("model_name", "ended")
        ),
        Operation(method="GET", path=job, handler=owner.job, answers=p.JobView, query=("after", "wait_s")),
        Operation(
            method="POST", path=f"{job}/versions", handler=owner.version, asks=p.VersionRequest, answers=p.JobView
        ),
        Operation(method="POST", path=f"{job}/complete", handler=owner.complete, answers=p.JobView),
        Operation(method="GET", path=f"{job}/clients", handler=owner.clients, answers=p.ClientsView),
        Operation(
            method="PATCH",
            path=f"{job}/clients",
            handler=owner.update_clients,
            asks=p.ClientsUpdate,
            answers=p.ClientsView,
        ),
        Operation(method="GET", path=f"{job}/secrets", handler=secrecy.secrets, answers=p.SecretsView),
        Operation(
            method="PUT",
            path=f"{job}/secrets",
            handler=secrecy.keep_secrets,
            asks=p.SecretsUpdate,
            answers=p.SecretsView,
        ),
        Operation(method="GET", path=f"{job}/events", handler=owner.events, answers=tuple[p.EventView, ...]),
        Operation(
            method="GET",
            path=f"{job}/logs",
            handler=owner.logs,
            answers=p.LogsView,
            query=("lines", "after", "wait_s", "request"),
        ),
        Operation(method="POST", path=f"{job}/rollback", handler=steering.rollback, answers=p.JobView),
        Operation(
            method="POST", path=f"{job}/cooling", handler=steering.cooling, asks=p.CoolingSwitch, answers=p.JobView
        ),
        Operation(method="PATCH", path=f"{job}/limits", handler=steering.limits, asks=p.Limits, answers=p.JobView),
        Operation(method="GET", path=f"{job}/terms", handler=steering.terms, answers=p.Terms),
        Operation(
            method="PATCH", path=f"{job}/terms", handler=steering.update_terms, asks=p.TermsUpdate, answers=p.Terms
        ),
        Operation(method="PUT", path="/api/budget", handler=owner.budget, asks=p.Limits, answers=p.StatusView),
        Operation(method="POST", path=f"{job}/drill", handler=steering.drill, asks=p.DrillRequest, answers=p.DrillView),
        Operation(
            method="GET", path=f"{job}/timeline", handler=steering.timeline, answers=p.TimelineView, query=("hours",)
        ),
        Operation(method="GET", path=f"{job}/cost", handler=owner.cost, answers=p.CostView),
        Operation(method="GET", path="/api/machines", handler=owner.machines, answers=tuple[p.MachineView, ...]),
        Operation(method="GET", path="/api/status", handler=owner.status, answers=p.StatusView),
        Operation(
            method="POST",
            path="/api/unknown/end",
            handler=household.end_unknown,
            asks=p.EndUnknown,
            answers=p.StatusView,
        ),
        Operation(method="GET", path="/api/disk", handler=household.disk, answers=p.DiskView),
        Operation(method="POST", path="/api/prune", handler=household.prune, asks=p.PruneRequest, answers=p.PrunedView),
        Operation(method="GET", path=METRICS, handler=metrics.metrics, caller=Caller.SCRAPER),
        Operation(method="POST", path="/api/park", handler=owner.park, answers=p.StatusView, query=("wait_s",)),
        Operation(
            method="GET",
            path=routes,
            handler=gateway.routes,
            answers=p.RouteTable,
            caller=Caller.GATEWAY,
            query=("gateway", "after", "wait_s"),
        ),
        Operation(
            method="POST",
            path=report,
            handler=gateway.report,
            asks=p.GatewayReport,
            answers=p.ReportAnswer,
            caller=Caller.GATEWAY,
        ),
    ]


def guarded(outside: Outside) -> web.Application:
    """Return an application without a route that lets in who may ask, and answers every error in words."""
    settings = outside.settings
    return web.Application(
        middlewares=[
            answers,
            gatekeeper(
                owner_token=outside.owner_token,
                gateway_token=outside.gateway_token,
                metrics_token=outside.metrics_token,
                hosts=outside.hosts,
            ),
        ],
        client_max_size=settings.json_limit_bytes,
    )


def application(outside: Outside, on_failure: Callable[[], None] = lambda: None) -> web.Application:
    """Return control as a web application; ``on_failure`` is called if its engine ends by itself.

    Raises ``DatabaseRefused`` where it must not run on the database there is, ``BackendRuns`` where another does.
    """
    settings, app = outside.settings, guarded(outside)
    forget_unfinished(outside.home.bundles)
    bell = Bell()
    with ExitStack() as held:
        held.enter_context(claimed(outside.home))
        store = opened(outside.home)
        # From here on the claim ends with the application.
        app.on_cleanup.append(_release(store, held.pop_all()))
    store.on_change = bell.ring
    clock = outside.clock or SystemClock(at_least=store.newest_at)
    world = World(
        clock=clock,
        store=store,
        home=outside.home,
        providers=outside.providers,
        probe=outside.probe or HttpProbe(),
        gateways=Gateways(settings.gateways, bell, since=clock.now()),
        settings=settings,
        notify=Notifier(private=settings.notify_private),
        backend_id=store.kept(BACKEND_ID) or "",
    )
    username = store.fixed("username", suggested_name(getpass.getuser(), "user"))
    engine = Engine(world)
    views = Views(world, engine.reconciler, outside.gateway_url, username)
    owner = Handlers(world, engine, views, bell, username=username, gateway_url=outside.gateway_url)
    table = operations(
        owner,
        Steering(world, engine, views),
        Secrecy(world),
        Household(world, owner),
        Metrics(world, engine.reconciler),
        GatewayHandlers(world.store, Reports(world, engine), bell),
    )
    _route(app, table)
    _run_with(app, world, engine, bell, on_failure)
    return app


def _release(store: Store, held: ExitStack) -> Callable[[web.Application], Awaitable[None]]:
    async def release(_: web.Application) -> None:
        store.close()
        held.close()

    return release


def _route(app: web.Application, table: Sequence[Operation]) -> None:
    described = openapi(table)

    async def description(_: web.Request) -> web.Response:
        return answer(described)

    for operation in table:
        app.router.add_route(operation.method, operation.path, operation.handler)
    app.router.add_get("/api/openapi.json", description, allow_head=False)


def _run_with(app: web.Application, world: World, engine: Engine, bell: Bell, on_failure: Callable[[], None]) -> None:
    """Let engine and sweep live as long as the application, and long polls end with it."""

    async def alive(_: web.Application) -> AsyncIterator[None]:
        keeper = Keeper(world)
        work = (engine.run(), sweep_forever(world), prune_forever(world), keeper.run())
        tasks = [asyncio.create_task(one) for one in work]
        for task in tasks:
            task.add_done_callback(lambda done: None if done.cancelled() else on_failure())
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await world.probe.close()
        await keeper.last()

    async def let_go(_: web.Application) -> None:
        bell.close()

    app.cleanup_ctx.append(alive)
    app.on_shutdown.append(let_go)
