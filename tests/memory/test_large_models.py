"""Whatever its size, nothing on a model's way holds the whole of it beside itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aibro_jupyter.home import Home
from tests.backends import processes_of, tiny_repo
from tests.memory.peak import beyond, peak
from tests.onebackend import one_backend

SMALL, LARGE = 20_000_000, 200_000_000
MOST = (LARGE - SMALL) // 3
"""Chosen: a process that holds the file grows by all of the difference, one that streams by a few megabytes."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with one_backend(tmp_path / "home") as root:
        yield Home(root)


def test_no_process_of_a_deploy_grows_with_the_model(home: Home, tmp_path: Path) -> None:
    small, large = peaks(home, tmp_path, SMALL), peaks(home, tmp_path, LARGE)
    assert {"client", "control", "gateway", "worker", "slot"} <= large.keys()
    assert {role: grown for role in large if (grown := large[role] - small[role]) > MOST} == {}


def peaks(home: Home, place: Path, size: int) -> dict[str, int]:
    """Deploy a repo with a file of that size; return the most memory that each process had, by what it is."""
    repo = tiny_repo(place / f"of{size}")
    with (repo / "model" / "weights.bin").open("wb") as file:
        for _ in range(size // 1_000_000):
            file.write(os.urandom(1_000_000))
    client = subprocess.Popen([sys.executable, "-m", "aibro_jupyter.cli", "deploy", str(repo), "--name", repo.name])
    _, status, used = os.wait4(client.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    found = {"client": used.ru_maxrss * 1024}
    for told in processes_of(home):
        pid = int(told.partition(" ")[0])
        role = next((one for one in ("control", "gateway", "worker") if f"aibro_jupyter.{one}" in told), "slot")
        found[role] = max(found.get(role, 0), peak(pid))
    subprocess.run([sys.executable, "-m", "aibro_jupyter.cli", "complete", repo.name], check=True)
    return found


@pytest.mark.parametrize("kind", ["array", "arrays", "object", "packed object", "estimator", "frame"])
def test_no_saver_holds_a_value_twice(kind: str) -> None:
    assert beyond(kind, LARGE) - beyond(kind, SMALL) < MOST
