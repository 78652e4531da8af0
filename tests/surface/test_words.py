from __future__ import annotations

import pytest

from aibro_jupyter.views.words import (
    Secret,
    bearer_url,
    duration,
    guessable,
    hourly,
    masked,
    masked_url,
    money,
    monthly,
    several,
    size,
)
from tests.surface.samples import CLIENT, CLIENT_URL, PUBLIC_URL


@pytest.mark.parametrize(
    ("micros", "shown"), [(0, "$0.00"), (12_300, "$0.0123"), (1_840_000, "$1.84"), (62_560_000, "$62.56")]
)
def test_money(micros, shown):
    assert money(micros) == shown


@pytest.mark.parametrize(
    ("micros", "shown"), [(85_000, "$0.085/h"), (3_910_000, "$3.91/h"), (1_000_000, "$1.00/h"), (None, "unknown")]
)
def test_hourly(micros, shown):
    assert hourly(micros) == shown


def test_a_month():
    assert monthly(85_000) == "$62/month"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(6.2, "6.2 s"), (38, "38 s"), (600, "10 min"), (5400, "1 h 30 min"), (273_600, "3 d 4 h")]
)
def test_duration(seconds, shown):
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 B"), (999, "999 B"), (1_200_000, "1.2 MB"), (25_000, "25 KB"), (3e9, "3.0 GB")]
)
def test_size(count, shown):
    assert size(count) == shown


def test_several():
    assert (several(1, "model"), several(2, "model")) == ("1 model", "2 models")


@pytest.mark.parametrize(
    ("client_id", "shown"),
    [(CLIENT, "team-a-••••"), ("alice", "al••••"), ("a", "••••"), ("ab", "a••••"), ("my-pet", "my••••")],
)
def test_masked(client_id, shown):
    assert masked(client_id) == shown


def test_a_url_is_masked_unless_it_is_public():
    assert masked_url(CLIENT_URL) == CLIENT_URL.replace(CLIENT, "team-a-••••")
    assert masked_url(PUBLIC_URL) == PUBLIC_URL
    assert bearer_url(CLIENT_URL) == CLIENT_URL.replace(CLIENT, "-")
    assert bearer_url(PUBLIC_URL) == PUBLIC_URL


def test_an_encoded_client_id_is_masked_by_its_own_characters():
    assert masked_url("http://h/v1/ana/%C3%A4%2F%C3%B6/m/predict") == "http://h/v1/ana/ä••••/m/predict"


@pytest.mark.parametrize(("client_id", "weak"), [("alice", True), ("a" * 40, True), ("password12345678", False), (CLIENT, False), ("1" * 30, True), ("the-marketing-department", True)])  # fmt: skip
def test_guessable(client_id, weak):
    assert guessable(client_id) is weak


def test_a_secret_is_itself_everywhere_but_in_a_repr():
    url = Secret(CLIENT_URL)
    assert url == CLIENT_URL
    assert f"{url}" == CLIENT_URL
    assert CLIENT not in repr(url)
    assert CLIENT not in repr([url])
