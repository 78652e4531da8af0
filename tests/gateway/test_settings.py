from __future__ import annotations

from pathlib import Path

import pytest

from aibro_jupyter.errors import BadRequest
from aibro_jupyter.gateway.settings import GatewaySettings, settings


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert settings(tmp_path / "settings.toml", {}) == GatewaySettings()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[gateway]\nhold_s = 5\nqueue = 7\n[gateway.limits]\nheader_s = 2.5\n[control]\nother = 1\n")
    chosen = settings(file, {"AIBRO_GATEWAY_QUEUE": "8"})
    assert (chosen.hold_s, chosen.queue, chosen.limits.header_s, chosen.limits.idle_s) == (5, 8, 2.5, 75)


def test_a_list_in_a_variable_is_separated_by_commas(tmp_path: Path) -> None:
    chosen = settings(tmp_path / "settings.toml", {"AIBRO_GATEWAY_PAGE_HOSTS": "models.example,localhost"})
    assert chosen.page_hosts == ("models.example", "localhost")


@pytest.mark.parametrize(
    ("text", "strange"), [("[gateway]\nhold = 5\n", "hold"), ("[gateway.limits]\nbody_mb = 1\n", "body_mb")]
)
def test_an_unknown_name_is_told_with_those_that_are_known(tmp_path: Path, text: str, strange: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    with pytest.raises(BadRequest, match=f"unknown setting '{strange}'") as refused:
        settings(file, {})
    assert ("hold_s" if strange == "hold" else "body_bytes") in refused.value.fix


@pytest.mark.parametrize(
    "text", ["[gateway]\nqueue = 'many'\n", "[gateway.limits]\nheader_s = 'x'\n", "[gateway\n", "gateway = 1\n"]
)
def test_what_does_not_fit_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    with pytest.raises(BadRequest, match="settings"):
        settings(file, {})
