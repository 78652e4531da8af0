"""The reference, "Standby and Cooling instances"."""

from __future__ import annotations

import requests

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.states import Phase, Role
from tests.eventually import eventually
from tests.seed.conftest import Deploy

BOTH = {"standby": "c5.large.od", "cooling": "g4dn.4xlarge.od"}


def served_by(url: str) -> str:
    answer = requests.post(url, data="good", timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.headers["X-Aibro-Served-By"]


def cooling_phases(control: ControlClient, name: str) -> list[Phase]:
    return [one.phase for one in control.job_named(name).instances if one.role is Role.COOLING]


def test_a_request_wakes_the_cooling_instance_which_then_has_priority(control: ControlClient, deployed: Deploy) -> None:
    """ "the instance only turns on when receiving a new inference request"; "the cooling instance would have higher
    priority to handle upcoming inference requests"."""
    url = deployed("wakes", machine_id_config=BOTH, cool_down_period_s=600)
    assert cooling_phases(control, "wakes") == []
    assert served_by(url).startswith("standby")
    eventually(lambda: served_by(url) == "cooling", timeout_s=120)


def test_the_cooling_instance_sleeps_after_its_period(control: ControlClient, deployed: Deploy) -> None:
    """ "only turns off when no inference request is received within `cool_down_period_s` seconds"; then the standby
    handles the next request and wakes it again."""
    url = deployed("sleeps", machine_id_config=BOTH, cool_down_period_s=1)
    served_by(url)
    eventually(lambda: Phase.SERVING in cooling_phases(control, "sleeps"), timeout_s=120)
    eventually(lambda: cooling_phases(control, "sleeps") == [Phase.STOPPED], timeout_s=120)
    assert control.job_named("sleeps").status.value == "DEPLOYED"
    assert served_by(url).startswith("standby")
    eventually(lambda: Phase.SERVING in cooling_phases(control, "sleeps"), timeout_s=120)
