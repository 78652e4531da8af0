"""The reference, "Why machine_id_config only accept on-demand instances?"."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.machines import Market
from aibro_jupyter.states import Phase
from tests.eventually import eventually
from tests.seed.conftest import Deploy


@pytest.fixture
def spot_market(seed_home: Path) -> Iterator[None]:
    """Offers one machine on this computer's scripted market for one test."""
    script = seed_home / "market.json"
    script.write_text(json.dumps({"m5.large": {"offered": True, "micros_per_hour": 38000}}))
    yield
    script.unlink()


def serving(control: ControlClient, name: str) -> list[tuple[str, Market]]:
    return [(one.machine, one.market) for one in control.job_named(name).instances if one.phase is Phase.SERVING]


def test_spot_replaces_the_same_type_without_a_failed_request(
    control: ControlClient, deployed: Deploy, spot_market: None
) -> None:
    """ "If spot instances are available, AIbro automatically replaces its same-type on-demand instances"."""
    url = deployed("thrifty", machine_id_config="m5.large.od")
    statuses = set()

    def replaced() -> bool:
        statuses.add(requests.post(url, data="good", timeout=60).status_code)
        return serving(control, "thrifty") == [("m5.large", Market.SPOT)]

    eventually(replaced, timeout_s=120)
    assert statuses == {200}
