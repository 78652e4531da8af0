"""Machine ids and the rules of ``machine_id_config``, as the reference states them."""

from __future__ import annotations

from typing import Any

import pytest

from aibro_jupyter.errors import BadMachine
from aibro_jupyter.machines import MachineConfig, Market, catalogue, machine, machine_config, machine_id


@pytest.mark.parametrize(
    ("wanted", "config"),
    [
        ("c5.large.od", MachineConfig(standby="c5.large")),
        ({"standby": "c5.large.od"}, MachineConfig(standby="c5.large")),
        ({"standby": "c5.large.od", "cooling": None}, MachineConfig(standby="c5.large")),
        (
            {"standby": "c5.large.od", "cooling": "g4dn.4xlarge.od"},
            MachineConfig(standby="c5.large", cooling="g4dn.4xlarge"),
        ),
    ],
)
def test_the_reference_s_spellings(wanted: Any, config: MachineConfig) -> None:
    assert machine_config(wanted) == config


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("c5.large", "has to be on-demand"),
        ("c5.large", "'c5.large.od'"),
        ({"cooling": "g4dn.4xlarge.od"}, "one standby instance is mandatory"),
        ({"standby": "c5.large.od", "cooling": "g4dn.4xlarge"}, "has to be on-demand"),
        ({"standby": "c5.large.od", "warm": "c5.large.od"}, "'warm'"),
        ("c5.lrge.od", "did you mean c5.large.od?"),
        ("zzzz.od", "lists them all"),
        ("", "must be a machine id"),
        ({"standby": 5}, "must be a machine id"),
        (5, "must be a string or a dictionary"),
    ],
)
def test_what_is_not_a_configuration_says_what_to_do(wanted: Any, says: str) -> None:
    with pytest.raises(BadMachine) as error:
        machine_config(wanted)
    assert says in str(error.value)


def test_ids_and_prices_by_market() -> None:
    assert machine_id("c5.large", Market.ON_DEMAND) == "c5.large.od"
    assert machine_id("c5.large", Market.SPOT) == "c5.large"
    known = machine("g4dn.4xlarge")
    assert known.price_micros(Market.SPOT) == 360_000
    assert known.price_micros(Market.ON_DEMAND) == known.on_demand_micros
    assert machine("t3.micro").price_micros(Market.SPOT) is None


def test_every_machine_has_a_price_with_source_and_date() -> None:
    for found in catalogue().values():
        assert found.on_demand_micros > 0
        assert found.source
        assert found.as_of
        assert found.vcpus > 0
        assert found.memory_mib > 0
        assert (found.gpus > 0) == (found.gpu is not None)
        assert (found.spot_micros is None) == (found.spot_source is None)
