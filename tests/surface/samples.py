"""Messages as the backend sends them, for views to show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aibro_jupyter.machines import MachineConfig, Market
from aibro_jupyter.protocol import (
    InstanceView,
    JobView,
    MoneyView,
    Progress,
    StatusView,
    TrafficView,
    VersionSpec,
    VersionView,
)
from aibro_jupyter.states import InstanceStatus, JobStatus, JobSubstatus, Phase, Role
from aibro_jupyter.views.call import Sample
from aibro_jupyter.views.capture import Captured
from aibro_jupyter.views.live import DeployView

SPEC = VersionSpec(bundle="0" * 64, lock="", python="3.11", machines=MachineConfig(standby="c5.large"))
BOTH = replace(SPEC, machines=MachineConfig(standby="c5.large", cooling="g4dn.4xlarge"))
MONEY = MoneyView(
    simulated=True,
    spent_micros=12_300,
    micros_per_hour=85_000,
    all_on_demand_micros=12_300,
    always_on_micros=45_000,
    as_of=0,
    minimum_s=60,
    comparable_from=0,
)
PUBLIC_URL = "http://127.0.0.1:8642/v1/ana/public/iris/predict"
CLIENT = "team-a-7f3k2m9x4q8w1z5r6t0y3u8i"
CLIENT_URL = f"http://127.0.0.1:8642/v1/ana/{CLIENT}/iris/predict"


def instance(role: Role = Role.STANDBY, phase: Phase = Phase.SERVING, **facts: Any) -> InstanceView:
    known: dict[str, Any] = {
        "instance_id": f"ins_{role.value}",
        "role": role,
        "machine": "c5.large" if role is Role.STANDBY else "g4dn.4xlarge",
        "market": Market.ON_DEMAND,
        "on": "here",
        "version": 1,
        "phase": phase,
        "status": InstanceStatus.EXECUTING if phase is Phase.SERVING else InstanceStatus.CLOSED,
        "substatus": "",
        "phase_at": 0.0,
        "launched_at": 0.0,
        "progress": Progress(),
        "why": "",
        "in_flight": 0,
        "memory_mib": 118,
        "load_s": 0.8,
    }
    return InstanceView(**(known | facts))


def job(**facts: Any) -> JobView:
    known: dict[str, Any] = {
        "job_id": "inf_1",
        "model_name": "iris",
        "username": "ana",
        "description": "",
        "status": JobStatus.DEPLOYED,
        "substatus": JobSubstatus.DEPLOYED_MODEL,
        "outcome": None,
        "reason": "",
        "url": PUBLIC_URL,
        "public": True,
        "clients": 0,
        "created_at": 0.0,
        "deployed_at": 6.0,
        "ended_at": None,
        "versions": (VersionView(version=1, version_id="v1", state="live", created_at=0, reason="", spec=SPEC),),
        "instances": (instance(),),
        "money": MONEY,
        "traffic": TrafficView(),
        "warnings": (),
        "rev": 7,
    }
    return JobView(**(known | facts))


def status(*jobs: JobView) -> StatusView:
    return StatusView(
        version="0.1.0",
        protocol=1,
        python="/usr/bin/python3",
        username="ana",
        gateway_url="http://127.0.0.1:8642",
        reach="this computer",
        rev=7,
        as_of=0,
        parked=False,
        jobs=jobs,
    )


CAPTURED = Captured(
    function="predict",
    path="aibro_repo",
    functions=2,
    models=(("model", 1_200_000),),
    packages=3,
    warnings=("scaler was changed by cell 9 after cell 7 fitted it",),
    proof="5 of 5 samples give the notebook's answers in a clean process",
)
SAMPLE = Sample(
    body=b'[{"sepal": 5.1}, {"sepal": 4.9}]', content_type="application/json", path="aibro_repo/data/data.json"
)


def deployed(**facts: Any) -> DeployView:
    known: dict[str, Any] = {
        "job": job(),
        "urls": (PUBLIC_URL,),
        "change": "new",
        "took_s": 6.2,
        "captured": CAPTURED,
        "sample": SAMPLE,
        "expression": "X[:5]",
        "spec": SPEC,
    }
    return DeployView(**(known | facts))
