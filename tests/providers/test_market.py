"""The scripted spot market of your own computer."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from aibro_jupyter.errors import LaunchRefused
from aibro_jupyter.home import Home
from aibro_jupyter.machines import Market, catalogue
from aibro_jupyter.providers.base import State
from aibro_jupyter.providers.market import LocalMarket, SpotOffer
from tests.contract.conftest import here
from tests.eventually import eventually

SPOT = Market.SPOT


def write(root: Path, script: object) -> None:
    text = script if isinstance(script, str) else json.dumps(script)
    (root / "market.json").write_text(text)
    # Two writes within one tick of the file system's clock would look like one.
    os.utime(root / "market.json", ns=(time.monotonic_ns(), time.monotonic_ns()))


def test_without_a_script_nothing_is_offered(tmp_path: Path) -> None:
    market = LocalMarket(tmp_path / "market.json")
    assert market.of("c5.large") == SpotOffer()


def test_the_script_is_read_anew_when_it_changes_and_a_broken_one_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    market = LocalMarket(tmp_path / "market.json")
    write(tmp_path, {"*": {"offered": True}, "c5.large": {"offered": False}})
    assert (market.of("m5.large").offered, market.of("c5.large").offered) == (True, False)
    write(tmp_path, "{half of it")
    assert market.of("m5.large").offered
    assert "cannot be read" in caplog.text
    (tmp_path / "market.json").unlink()
    assert not market.of("m5.large").offered


def test_prices_refusals_and_interruptions_are_as_written(tmp_path: Path) -> None:
    rig = here(tmp_path)
    root = Home(tmp_path / "home").root
    write(root, {"c5.large": {"offered": True, "refused": True, "micros_per_hour": 33_000}})
    assert rig.provider.offers("c5.large", SPOT)
    assert not rig.provider.offers("no.such.machine", SPOT)
    assert rig.provider.price_micros("c5.large", SPOT) == 33_000
    assert rig.provider.price_micros("c5.large", Market.ON_DEMAND) == catalogue()["c5.large"].on_demand_micros
    with pytest.raises(LaunchRefused):
        rig.provider.launch("ins_a", "c5.large", SPOT, rig.boot)
    write(root, {"c5.large": {"offered": True, "interrupt_after_s": 0.0, "notice_s": 1.0}})
    rig.provider.launch("ins_a", "c5.large", SPOT, rig.boot)
    rig.provider.launch("ins_b", "c5.large", Market.ON_DEMAND, rig.boot)
    eventually(lambda: rig.look("ins_a").interrupt_at is not None)
    assert rig.until("ins_a", State.GONE).why == "its market took it back"
    assert rig.until("ins_b", State.RUNNING).interrupt_at is None, "what was not bought on spot is not taken"
    rig.provider.terminate("ins_b")
    rig.provider.terminate("ins_a")
    eventually(lambda: not rig.provider.owned())
