"""At which addresses a backend listens: chosen once and kept, or as it was asked for."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import requests

from aibro_jupyter.client.ensure import backend, down
from aibro_jupyter.control.api.auth import HostList
from aibro_jupyter.daemon.first_start import CONTROL_PORT, GATEWAY_PORT, OTHERS
from aibro_jupyter.errors import AibroError, BadRequest, PortTaken
from aibro_jupyter.home import Home
from aibro_jupyter.listening import Listening, dialled, listening
from aibro_jupyter.verbs import Asker, run
from tests.backends import info
from tests.ports import free_port

ANOTHER = "127.0.0.3"
"""An address of this computer at which only a backend that listens at all of them answers."""


def up(line: str) -> str:
    return run(["up", *line.split()], Asker(prog="aibro")).text()


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def answers(port: int, path: str, host: str = ANOTHER, **headers: str) -> int | None:
    try:
        return requests.get(f"http://{host}:{port}{path}", headers=headers, timeout=20).status_code
    except requests.ConnectionError:
        return None


def test_both_ports_are_chosen_once_out_of_what_systems_hand_out(home: Home) -> None:
    backend()
    first = info(home)
    ports = port_of(first.control_url), port_of(first.gateway_url)
    assert all(port in (GATEWAY_PORT, CONTROL_PORT, *OTHERS) for port in ports)
    assert (int(home.control_port.read_text()), int(home.gateway_port.read_text())) == ports
    down()
    backend()
    assert (info(home).control_url, info(home).gateway_url) == (first.control_url, first.gateway_url)


def test_a_port_of_control_that_somebody_took_costs_nobody_the_backend(home: Home) -> None:
    backend()
    before = int(home.control_port.read_text())
    down()
    with socket.create_server(("127.0.0.1", before)):
        assert backend().status().version
        assert int(home.control_port.read_text()) == port_of(info(home).control_url) != before


def test_a_port_that_was_asked_for_is_taken_or_refused(home: Home) -> None:
    port, control_port = free_port(), free_port()
    home.make()
    home.settings_file.write_text("# ours\nresync_s = 4  # soon\n")
    up(f"--port {port} --control-port {control_port}")
    assert (port_of(info(home).gateway_url), port_of(info(home).control_url)) == (port, control_port)
    assert home.settings_file.read_text().startswith("# ours\nresync_s = 4  # soon\n"), "the rest is left as it is"
    down()
    for taken, setting in ((control_port, "control_port"), (port, "port")):
        with socket.create_server(("127.0.0.1", taken)), pytest.raises(PortTaken, match=str(taken)) as refused:
            backend()
        assert f"`{setting}` under [listen] in {home.settings_file}" in refused.value.fix


def test_a_backend_that_runs_goes_on_where_it_is_and_says_so(home: Home) -> None:
    backend()
    before, port = info(home), free_port()
    said = up(f"--port {port}")
    assert said.startswith(f"✓ kept in {home.settings_file}: port {port}\n")
    assert "until `aibro down`; the next `aibro up` uses them" in said
    assert info(home) == before
    down()
    assert f":{port} " in up("")


def test_the_apis_listen_wider_than_control(home: Home) -> None:
    assert answers_after(home, "--host 0.0.0.0") == (200, None)
    assert "http://127.0.0.1:" in up("")
    assert "`aibro up --public-url http://NAME:PORT` says how others reach it" in up("")


def test_control_that_listens_wider_takes_addresses_and_says_what_is_read_on_the_way(home: Home) -> None:
    assert answers_after(home, "--control-host 0.0.0.0 --public-url https://models.example") == (None, 401)
    bearer = {"Authorization": f"Bearer {home.token_file.read_text()}"}
    port = port_of(info(home).control_url)
    assert answers(port, "/api/status", **bearer) == 200
    assert answers(port, "/api/status", **bearer, Host="models.example") == 200
    assert answers(port, "/api/status", **bearer, Host="rebound.example") == 403
    said = up("")
    assert "control speaks no TLS: whoever reads this network reads the token" in said
    assert str(home.token_file) in said
    assert home.token_file.read_text() not in said


def answers_after(home: Home, options: str) -> tuple[int | None, int | None]:
    """Start with these options; return what the gateway and control answer at another address of this computer."""
    up(options)
    ports = port_of(info(home).gateway_url), port_of(info(home).control_url)
    return answers(ports[0], "/healthz"), answers(ports[1], "/api/status")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--host localhost", "host 'localhost' is no address"),
        ("--control-host models.example", "control_host 'models.example' is no address"),
        ("--port 70000", "port must be a port from 1 to 65535"),
        ("--port 8650 --control-port 8650", "port and control_port are both 8650"),
        ("--public-url https://a.example/path", "is no address of a server"),
        ("--public-url http://a.example:port", "is no address of a server"),
        ("--public-url https://me:pass@a.example", "is no address of a server"),
        ("--public-url ftp://a.example", "is no address of a server"),
    ],
)
def test_what_cannot_be_listened_at_is_refused_before_it_is_kept(home: Home, options: str, says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        up(options)
    assert not home.settings_file.exists()


def test_an_address_of_another_computer_is_told_as_that(home: Home) -> None:
    # TEST-NET-1, which is nobody's.
    with pytest.raises(BadRequest, match=r"192\.0\.2\.1 is no address of this computer"):
        up("--host 192.0.2.1")


def test_a_variable_wins_and_an_option_that_it_would_hide_is_refused(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("AIBRO_LISTEN_PORT", str(port))
    with pytest.raises(BadRequest, match="AIBRO_LISTEN_PORT is set, and wins"):
        up("--port 8650")
    up("")
    assert port_of(info(home).gateway_url) == port


def test_an_address_of_the_newer_protocol(home: Home) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        with pytest.raises(AibroError, match="no address of this computer"):
            up("--host ::1")
        return
    up("--host ::1")
    assert info(home).gateway_url.startswith("http://[::1]:")
    assert answers(port_of(info(home).gateway_url), "/healthz", "[::1]") == 200


def test_how_this_computer_dials(tmp_path: Path) -> None:
    told = {"0.0.0.0": "127.0.0.1", "192.168.1.5": "192.168.1.5", "::": "[::1]", "fe80::1": "[fe80::1]"}
    assert {host: dialled(host) for host in told} == told
    assert listening(tmp_path / "none.toml", {}) == Listening()
    assert Listening(public_url="models.example/").reached == "http://models.example"
    assert Listening(public_url="https://models.example:444").names == ("models.example",)


@pytest.mark.parametrize("header", ["127.0.0.1:1", "localhost", "[::1]:8", "models.example:443", "More.Example"])
def test_hosts_under_which_control_answers(header: str) -> None:
    hosts = HostList.of(Listening(public_url="https://models.example"), ["more.example"])
    assert hosts.has(header)
    assert not hosts.has(f"evil.{header}")
    assert not hosts.has("192.168.1.5")
    assert HostList.of(Listening(control_host="0.0.0.0")).has("192.168.1.5:8643")
