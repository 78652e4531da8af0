"""A gateway reports as a cool-down ends, though nothing changes: the strong machine sleeps when it may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aibro_jupyter.clock import now
from aibro_jupyter.states import Role
from tests.eventually import eventually
from tests.gateway.rig import route, running


def test_a_cool_downs_end_is_told_at_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(tmp_path_factory.mktemp("gateway"), report_s=0.5, quiet_report_s=3600) as rig:
        cooling = rig.instance("c").target(Role.COOLING)
        cooled = replace(route(cooling, has_cooling=True), cool_down_s=2.0, cooling_since=now())
        rig.control.publish_and_wait(cooled)
        assert rig.ask().ok
        # Nothing else would make it report again for an hour.
        eventually(lambda: (rig.control.job().idle_s or 0) >= 2, timeout_s=60)
        told = len(rig.control.reports)
        assert rig.ask().ok
        eventually(lambda: len(rig.control.reports) > told and (rig.control.job().idle_s or 0) >= 2, timeout_s=60)
