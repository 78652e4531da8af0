"""ControlSettings from a file and the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from aibro_jupyter.control.api.views import reach
from aibro_jupyter.control.settings import ControlSettings, settings
from aibro_jupyter.errors import BadRequest


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    assert settings(tmp_path / "none.toml", {}) == ControlSettings()


def test_the_environment_wins_over_the_file_and_tables_belong_to_others(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('json_limit_bytes = 9\nconfirm_s = 2\ngateways = ["gw1", "gw2"]\n[gateway]\nhold_s = 3\n')
    chosen = settings(file, {"AIBRO_JSON_LIMIT_BYTES": "8", "AIBRO_ALLOWED_HOSTS": "x.test,y.test", "AIBRO_HOME": "/"})
    assert chosen.json_limit_bytes == 8
    assert chosen.confirm_s == 2
    assert chosen.gateways == ("gw1", "gw2")
    assert chosen.allowed_hosts == ("x.test", "y.test")


@pytest.mark.parametrize(
    ("text", "environment", "says"),
    [
        ("colour = 1", {}, "colour"),
        ("confirm_s = 'soon'", {}, "confirm_s"),
        ("", {"AIBRO_CONFIRM_S": "soon"}, "confirm_s"),
        ("= 1", {}, "not TOML"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, text: str, environment: dict[str, str], says: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    with pytest.raises(BadRequest, match=says):
        settings(file, environment)


@pytest.mark.parametrize(
    ("url", "who"),
    [
        ("http://127.0.0.1:8642", "this computer"),
        ("http://localhost:1", "this computer"),
        ("http://192.168.1.5:1", "this network"),
        ("http://buildhost:1", "this network"),
        ("https://api.example.com", "internet"),
        ("https://8.8.8.8", "internet"),
    ],
)
def test_the_reach_of_a_url(url: str, who: str) -> None:
    assert reach(url) == who
