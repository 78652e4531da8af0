"""A gateway reports when control asked for it, though nothing changes: the strong machine sleeps when it may."""

from __future__ import annotations

import pytest

from aibro_jupyter.states import Role
from tests.eventually import eventually
from tests.gateway.rig import route, running


def test_a_report_that_control_wants_is_sent(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(tmp_path_factory.mktemp("gateway"), report_s=0.5, quiet_report_s=3600) as rig:
        rig.control.publish_and_wait(route(rig.instance("c").target(Role.COOLING), has_cooling=True))
        rig.control.next_s = 2.0
        assert rig.ask().ok
        # Nothing else would make it report again for an hour.
        eventually(lambda: (rig.control.job().idle_s or 0) >= 2, timeout_s=60)
        told = len(rig.control.reports)
        eventually(lambda: len(rig.control.reports) >= told + 2, timeout_s=60)
        rig.control.next_s = None
        eventually(lambda: len(rig.control.reports) >= told + 3, timeout_s=60)
