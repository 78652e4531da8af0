"""The reference, "machine_id_config"."""

from __future__ import annotations

import pytest

from aibro_jupyter import simulate
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.errors import BadMachine
from aibro_jupyter.machines import MachineConfig, machine_config

SYNTAX = {
    "a string is the standby": ("c5.large.od", MachineConfig(standby="c5.large")),
    "a dictionary with standby": ({"standby": "c5.large.od"}, MachineConfig(standby="c5.large")),
    "standby and cooling": (
        {"standby": "c5.large.od", "cooling": "g4dn.4xlarge.od"},
        MachineConfig(standby="c5.large", cooling="g4dn.4xlarge"),
    ),
}


@pytest.mark.parametrize(("wanted", "meaning"), SYNTAX.values(), ids=SYNTAX.keys())
def test_every_syntax_of_machine_id_config(wanted: str | dict[str, str], meaning: MachineConfig) -> None:
    """ "use the on-demand "c5.large" instance as the standby instance"."""
    assert machine_config(wanted) == meaning


@pytest.mark.parametrize(
    "spot", ["c5.large", {"standby": "c5.large"}, {"standby": "c5.large.od", "cooling": "g5.xlarge"}]
)
def test_a_spot_id_is_refused_and_the_on_demand_one_named(spot: str | dict[str, str]) -> None:
    """ "The machine id has to be on-demand (ends by `.od`)."."""
    with pytest.raises(BadMachine, match="has to be on-demand") as caught:
        machine_config(spot)
    assert ".od'" in caught.value.fix


def test_the_references_own_example_of_spot_ids_is_refused_by_deploy_and_simulate_alike() -> None:
    """ "The machine id has to be on-demand" wins over the example that is none; ``prices`` name their own machines."""
    example = {"standby": "g4dn.4xlarge", "cooling": "g4dn.12xlarge"}
    with pytest.raises(BadMachine, match="has to be on-demand") as deployed:
        Deployment(machine=example)
    with pytest.raises(BadMachine, match="has to be on-demand") as simulated:
        simulate(example, [], from_at=0, until=3600)
    assert str(deployed.value) == str(simulated.value)
    assert "write 'g4dn.4xlarge.od'" in simulated.value.fix
    assert simulate(example, [], from_at=0, until=3600, prices={"g4dn.4xlarge.od": 1.2, "g4dn.12xlarge.od": 3.91})


def test_cooling_without_standby_is_refused() -> None:
    """ "One standby instance is mandatory … {"cooling": "g4dn.4xlarge.od"} is invalid"."""
    with pytest.raises(BadMachine, match="standby instance is mandatory"):
        machine_config({"cooling": "g4dn.4xlarge.od"})


def test_an_unknown_machine_names_the_nearest() -> None:
    with pytest.raises(BadMachine) as caught:
        machine_config("c5.lrge.od")
    assert "did you mean c5.large.od?" in caught.value.fix
