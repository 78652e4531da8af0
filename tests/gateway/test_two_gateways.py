"""Two gateways of one control: a request at one of them counts for both, and both report as the cool-down ends."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from aibro_jupyter.control.settings import ControlSettings
from aibro_jupyter.protocol import ReportAnswer, decode
from aibro_jupyter.states import Phase, Role
from tests.control.backend import GATEWAY, Backend
from tests.eventually import eventually
from tests.fakes import report, traffic
from tests.gateway.rig import gateway_process

COOL_DOWN_S = 3


def test_a_cooling_instance_sleeps_when_both_have_seen_the_end(tmp_path: Path) -> None:
    settings = ControlSettings(gateways=("gw1", "gw2"), hurry_s=0.02, resync_s=0.5)
    with Backend(tmp_path / "home", settings) as backend, socket.create_server(("127.0.0.1", 0)) as sock:
        backend.home.gateway_token_file.write_text(GATEWAY)
        # Unasked it would report again in an hour.
        backend.home.settings_file.write_text("[gateway]\nreport_s = 0.2\nquiet_report_s = 3600\n")
        gateway = gateway_process(backend.home, backend.url, sock)
        try:
            job_id = backend.deploy(cooling="g4dn.12xlarge", cool_down_period_s=COOL_DOWN_S).job_id

            def second(idle_s: float | None) -> float | None:
                said = report("gw2", 0, traffic(job_id, idle_s))
                answer = backend.call("POST", "/api/gateway/report", said, token=GATEWAY)
                return decode(answer.content, ReportAnswer).next_s

            def cooling_serves() -> bool:
                job = backend.job(f"/api/jobs/{job_id}")
                return any(i.role is Role.COOLING and i.phase is Phase.SERVING for i in job.instances)

            assert second(None) is None, "nothing cools down yet"
            second(0.0)
            eventually(cooling_serves)
            time.sleep(1)
            asked_at = time.monotonic()
            wait_s = second(0.0)
            assert wait_s is not None, "the first gateway knows nothing of this request"
            assert wait_s <= COOL_DOWN_S
            while wait_s is not None:
                time.sleep(wait_s)
                wait_s = second(time.monotonic() - asked_at)
            eventually(lambda: not cooling_serves())
        finally:
            gateway.kill()
            gateway.wait(60)
