"""The engine's own loop: what goes wrong with one job or one provider is that one's alone."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from aibro_jupyter.control.engine.probe import HttpProbe
from aibro_jupyter.control.engine.sweep import sweep, sweep_forever
from aibro_jupyter.control.ledger.bundles import UNFINISHED, forget_unfinished, store_bundle
from aibro_jupyter.errors import AibroError, LaunchRefused, TooLarge
from aibro_jupyter.protocol import Health, encode
from aibro_jupyter.states import JobStatus, Phase, Role
from tests.control.rows import standby
from tests.simulation import Day, spec


def test_a_refusal_of_a_start_is_a_failure_that_is_tried_again() -> None:
    day = Day()
    job_id = day.deploy(spec(cooling="g4dn.12xlarge", cool_down_period_s=600))
    day.request(job_id)
    day.run_until(day.clock.now() + 660)
    assert day.phase(job_id, Role.COOLING) is Phase.STOPPED

    def refuse(call: str) -> None:
        if call == "start":
            raise LaunchRefused("no g4dn.12xlarge left", reason="capacity")

    day.provider.before_call = refuse
    day.request(job_id)
    day.run_until(day.clock.now() + 5)
    assert day.view(job_id).status is JobStatus.DEPLOYED
    assert len(day.calls("launch")) == 3, "another one is launched in its place"
    assert day.phase(job_id, Role.COOLING) is Phase.SERVING


def test_a_call_that_fails_is_written_down_and_repeated() -> None:
    day = Day()
    job_id = day.deploy(spec())
    failures = [OSError("throttled"), AibroError("throttled")]

    def fail(call: str) -> None:
        if call == "terminate" and failures:
            raise failures.pop()

    day.provider.before_call = fail
    day.complete(job_id)
    assert day.one(job_id, Role.STANDBY).why == "throttled"
    day.run_until(day.clock.now() + 70)
    assert day.phase(job_id, Role.STANDBY) is Phase.TERMINATED
    assert len(day.calls("terminate")) == 3


def test_a_place_that_is_no_longer_known_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    day = Day()
    job_id = day.deploy(spec())
    providers: Any = day.world.providers
    provider = providers.pop("here")
    day.run_until(day.clock.now() + 120)
    assert day.phase(job_id, Role.STANDBY) is Phase.SERVING
    assert "there is no provider 'here' any more" in caplog.text
    providers["here"] = provider
    day.complete(job_id)
    assert day.phase(job_id, Role.STANDBY) is Phase.TERMINATED


def test_a_look_that_fails_stops_neither_the_loop_nor_the_other_jobs(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        day.engine.wake_all()
        loop = asyncio.create_task(day.engine.run())
        async with asyncio.timeout(60):
            while day.view("inf_iris").status is not JobStatus.DEPLOYED:
                await day.clock.sleep(0.01)
        loop.cancel()
        with pytest.raises(asyncio.CancelledError):
            await loop

    day = Day(boot_s=1)
    day.deploy(spec(), name="broken")
    day.deploy(spec())
    (bad,) = [i.instance_id for i in day.job("inf_broken").instances]
    real = day.provider.look

    def look(instance_ids: Any) -> Any:
        if bad in instance_ids:
            raise OSError("the provider is on fire")
        return real(instance_ids)

    day.provider.look = look  # type: ignore[method-assign]
    day.store.bump()
    asyncio.run(run())
    assert "the look at inf_broken failed" in caplog.text


def test_a_sweep_goes_on_whatever_a_place_does(caplog: pytest.LogCaptureFixture) -> None:
    day = Day()
    calls: list[float] = []

    def owned() -> Any:
        calls.append(day.clock.now())
        raise (AibroError("throttled") if len(calls) == 1 else OSError("broken"))

    day.provider.owned = owned  # type: ignore[method-assign]
    assert asyncio.run(sweep(day.world)) == ()

    async def run() -> None:
        forever = asyncio.create_task(sweep_forever(day.world))
        while len(calls) < 4:  # noqa: ASYNC110 - the fake clock never waits
            await asyncio.sleep(0)
        forever.cancel()

    asyncio.run(run())
    assert calls[3] - calls[2] == day.world.settings.sweep_s
    assert "throttled" in caplog.text


def test_an_agent_is_asked_with_its_own_token_and_believed_in_its_own_name() -> None:
    seen: list[str] = []
    answers = {
        "right": web.Response(body=encode(Health(instance_id="s1", stage="serving"))),
        "other": web.Response(body=encode(Health(instance_id="s2", stage="serving"))),
        "nonsense": web.Response(body=b"<html>"),
        "refused": web.Response(status=401),
        "moved": web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
    }
    now: list[str] = ["right"]

    async def health(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers["Authorization"])
        return answers[now[0]]

    async def logs(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"one\ntwo\nth\xffree")

    async def ask() -> dict[str, Health | None]:
        app = web.Application()
        app.router.add_get("/health", health)
        app.router.add_get("/logs", logs)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        endpoint = f"127.0.0.1:{runner.addresses[0][1]}"
        probe, told = HttpProbe(timeout_s=30), {}
        for name in answers:
            now[0] = name
            told[name] = await probe.health(standby(), endpoint)
        assert await probe.logs(standby(), endpoint, 2) == ("two", "th�ree")
        await runner.cleanup()
        told["gone"] = await probe.health(standby(), endpoint)
        assert await probe.logs(standby(), endpoint, 2) is None
        await probe.close()
        return told

    told = asyncio.run(ask())
    assert {name for name, health in told.items() if health is not None} == {"right"}
    assert seen[0] == "Bearer t"


def test_a_full_disk_and_a_killed_upload_leave_nothing(tmp_path: Path) -> None:
    (tmp_path / f"{UNFINISHED}xyz").write_bytes(b"half of it")
    forget_unfinished(tmp_path)
    assert list(tmp_path.iterdir()) == []

    async def chunks(number: int) -> Any:
        yield b"some"
        raise OSError(number, "no")

    for number, error in ((errno.ENOSPC, TooLarge), (errno.EIO, OSError)):
        with pytest.raises(error):
            asyncio.run(store_bundle(chunks(number), "0" * 64, tmp_path / "x", 100))
        assert list(tmp_path.iterdir()) == []
