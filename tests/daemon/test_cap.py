"""Logs are bounded: each keeps its newest part and the one before."""

from __future__ import annotations

import os
from pathlib import Path

from aibro_jupyter.daemon.child import LOG_BYTES, cap
from aibro_jupyter.gateway.accesslog import AccessLog
from aibro_jupyter.home import Home


def test_the_access_log_is_cut_and_written_on(tmp_path: Path) -> None:
    home = Home(tmp_path).make()
    cap(home.access_log)
    assert not home.access_log.exists(), "where none is written there is none to cut"
    home.access_log.write_bytes(b"{}\n")
    os.truncate(home.access_log, LOG_BYTES + 1)
    cap(home.access_log)
    assert home.access_log.stat().st_size == 0
    assert (home.logs / "access.log.1").stat().st_size == LOG_BYTES + 1
    log = AccessLog(home.access_log)
    log.write()
    assert home.access_log.stat().st_size == 0, "nothing was told, nothing is written"
