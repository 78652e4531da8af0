"""A backend that was killed is brought back by the Jupyter server; one that was taken down is left alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_server.serverapp import ServerApp

from aibro_jupyter.client import ensure
from aibro_jupyter.home import home
from aibro_jupyter.jupyter.upstream import died
from tests.eventually import eventually
from tests.onebackend import one_backend
from tests.server.conftest import Fetch, told


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, object]) -> dict[str, object]:
    return {**jp_server_config, "AibroServer": {"look_every_s": 0.2}}


@pytest.fixture(autouse=True)
def aibro_home(tmp_path: Path) -> Iterator[Path]:
    """A real backend's home, in place of the described one of the other tests."""
    with one_backend(tmp_path / "home") as root:
        yield root


async def test_a_killed_backend_comes_back_and_a_downed_one_does_not(jp_fetch: Fetch, jp_serverapp: ServerApp) -> None:
    await asyncio.to_thread(ensure.backend)
    await jp_serverapp.extension_manager.start_all_extensions()
    pid = _daemon_pid()
    psutil.Process(pid).kill()
    await asyncio.to_thread(eventually, lambda: _daemon_pid() != pid)

    async def status() -> dict[str, Any]:
        return told((await jp_fetch("aibro", "api", "status")).body)

    await asyncio.to_thread(ensure.backend)
    assert (await status())["jobs"] == []

    await asyncio.to_thread(ensure.down)
    assert not died()


def _daemon_pid() -> int:
    return int(json.loads(home().daemon_json.read_text())["pid"])
