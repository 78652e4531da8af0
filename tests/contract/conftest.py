from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aibro_jupyter.home import Home, write_private
from aibro_jupyter.protocol import Boot
from aibro_jupyter.providers.base import Provider, Seen, State
from aibro_jupyter.providers.registry import providers
from aibro_jupyter.repo.bundle import pack
from aibro_jupyter.states import Role
from tests.backends import processes_of, tiny_repo
from tests.eventually import eventually


@dataclass
class Rig:
    """A provider with a real home behind it, and what an instance there boots from."""

    provider: Provider
    boot: Boot
    home: Home
    machine: str = "c5.large"
    offer_spot: Callable[[bool], None] = lambda offered: None
    """Let its market offer the machine on spot, or no longer; a provider without such a market offers none."""

    def look(self, instance_id: str) -> Seen:
        return self.provider.look([instance_id])[instance_id]

    def until(self, instance_id: str, state: State) -> Seen:
        def there() -> Seen:
            seen = self.look(instance_id)
            assert seen.state is state, seen
            return seen

        return eventually(there)


def here(tmp_path: Path) -> Rig:
    home = Home(tmp_path / "home").make()
    bundle = pack(tiny_repo(tmp_path / "tiny"), home.bundles)
    boot = Boot(
        job_id="inf_1",
        role=Role.STANDBY,
        bundle_url=bundle.path.as_uri(),
        bundle=bundle.sha256,
        lock="",
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        token="token-of-the-instance",
        vcpus=1,
        memory_mib=1024,
        request_limit_s=5,
        enforce=False,
        envs=str(home.envs),
        backend_id="bk_1",
        model_name="tiny",
    )

    def offer_spot(offered: bool) -> None:
        write_private(home.root / "market.json", json.dumps({"c5.large": {"offered": offered}}))

    return Rig(provider=providers(home)["here"], boot=boot, home=home, offer_spot=offer_spot)


PROVIDERS: dict[str, Callable[[Path], Rig]] = {"here": here}


@pytest.fixture(params=list(PROVIDERS.values()), ids=list(PROVIDERS))
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    made: Rig = request.param(tmp_path)
    yield made
    for instance_id in made.provider.owned():
        made.provider.terminate(instance_id)
    eventually(lambda: not made.provider.owned())
    eventually(lambda: not processes_of(made.home))
