"""What is written for systemd and launchd is what they read."""

from __future__ import annotations

import configparser
import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aibro_jupyter.daemon import atlogin
from aibro_jupyter.home import Home, home
from aibro_jupyter.verbs import Asker, run


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path / "config"


def test_the_unit_is_written_enabled_and_removed(config: Path, tmp_path: Path) -> None:
    here = Home(tmp_path / "a home, 100 % mine").make()
    place = atlogin.enable(here)
    assert place == config / "systemd" / "user" / "aibro.service" == atlogin.written()
    assert (place.parent / "default.target.wants" / "aibro.service").resolve() == place
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # its documented hook
    unit.read(place)
    assert unit["Service"]["ExecStart"].startswith(f'"{sys.executable}" ')
    assert unit["Service"]["KillMode"] == "process"
    assert unit["Service"]["Environment"] == f'"AIBRO_HOME={here.root}"'.replace("%", "%%")
    assert unit["Install"]["WantedBy"] == "default.target"
    assert atlogin.enable(here) == place
    assert atlogin.disable() == place
    assert not list(config.rglob("*.service"))
    assert atlogin.disable() is None


def test_systemd_itself_takes_the_unit(config: Path, tmp_path: Path) -> None:
    place = atlogin.enable(Home(tmp_path / "home").make())
    if (verify := shutil.which("systemd-analyze")) is not None:
        said = subprocess.run([verify, "--user", "verify", str(place)], capture_output=True, text=True, check=False)
        assert "aibro.service" not in said.stderr, said.stderr
    words = [word.strip('"') for word in place.read_text().split("ExecStart=")[1].splitlines()[0].split()]
    assert subprocess.run([*words[:4], "--help"], capture_output=True, check=True).stdout


def test_the_launchd_agent_is_a_property_list(tmp_path: Path) -> None:
    told = plistlib.loads(atlogin.plist(Home(tmp_path / "home")))
    assert told["ProgramArguments"] == atlogin.command()
    assert told["RunAtLoad"] is True
    assert told["AbandonProcessGroup"] is True


def test_doctor_tells_of_a_unit_that_starts_another_backend(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIBRO_HOME", str(tmp_path / "home"))
    place = atlogin.enable(home().make())

    def told() -> dict[str, str]:
        checks = run(["doctor"], Asker()).data()["checks"]
        return next(check for check in checks if check["name"] == "after a reboot")

    assert told()["state"] == "ok"
    for before, after in (
        (sys.executable, "/gone/bin/python"),
        ('"aibro_jupyter.daemon"', '"aibro_jupyter.daemon" "--old"'),
    ):
        place.write_text(atlogin.unit(home()).replace(before, after))
        assert told()["state"] == "warn"
        assert "up --at-login" in told()["fix"]
