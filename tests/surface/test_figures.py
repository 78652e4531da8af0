"""Every example of the table that the browser's twins are held to as well, and how URLs and secrets are shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aibro_jupyter import figures
from aibro_jupyter.masking import Secret, bearer_url, guessable, masked, masked_url
from aibro_jupyter.protocol import Accrual
from tests.surface.samples import CLIENT, CLIENT_URL, MONEY, PUBLIC_URL

EXAMPLES: dict[str, list[tuple[Any, str]]] = json.loads(
    (Path(__file__).parents[1] / "figures.json").read_text(encoding="utf-8")
)


def counted(money: dict[str, Any], at: float) -> float:
    accruals = tuple(Accrual(**one) for one in money["accruals"])
    seen = replace(MONEY, spent_micros=money["spent_micros"], as_of=money["as_of"], accruals=accruals)
    return seen.spent_micros + seen.accrued_micros(at)


RULES: dict[str, Callable[..., str]] = {
    "money": figures.money,
    "hourly": figures.hourly,
    "monthly": figures.monthly,
    "duration": figures.duration,
    "age": figures.age,
    "size": figures.size,
    "memory": figures.memory,
    "percent": figures.percent,
    "per_minute": figures.per_minute,
    "masked": masked,
    "counted": lambda of: figures.money(counted(**of)),
}


def test_every_rule_has_examples() -> None:
    assert EXAMPLES.keys() == RULES.keys()


@pytest.mark.parametrize(
    ("rule", "value", "shown"),
    [(rule, value, shown) for rule, examples in EXAMPLES.items() for value, shown in examples],
)
def test_a_figure_reads_as_its_example(rule: str, value: Any, shown: str) -> None:
    assert RULES[rule](value) == shown


def test_several() -> None:
    assert (figures.several(1, "model"), figures.several(2, "model")) == ("1 model", "2 models")


URLS = {
    CLIENT_URL: CLIENT_URL.replace(CLIENT, "team-a-••••"),
    CLIENT_URL.removesuffix("/predict"): CLIENT_URL.removesuffix("/predict").replace(CLIENT, "team-a-••••"),
    PUBLIC_URL: PUBLIC_URL,
    "http://h:1/v1/ana/team-a/iris/predict": "http://h:1/v1/ana/te••••/iris/predict",
    "http://h:1/v1/ana/a%2Fb/iris/predict?x=1": "http://h:1/v1/ana/a••••/iris/predict",
    "http://h/v1/ana/%C3%A4%2F%C3%B6/m/predict": "http://h/v1/ana/ä••••/m/predict",
    "http://h:1/v1/ana/-/iris/predict": "http://h:1/v1/ana/-/iris/predict",
    "http://u:pw@h:1/v1/ana/public/iris/predict": "http://h:1/v1/ana/public/iris/predict",
    "http://h:1/else?token=x": "http://h:1/else",
}


@pytest.mark.parametrize(("url", "shown"), URLS.items())
def test_a_url_is_masked_unless_it_is_public(url: str, shown: str) -> None:
    assert masked_url(url) == shown


def test_a_bearer_url_holds_no_client_id() -> None:
    assert bearer_url(CLIENT_URL) == CLIENT_URL.replace(CLIENT, "-")
    assert bearer_url(PUBLIC_URL) == PUBLIC_URL


@pytest.mark.parametrize(("client_id", "weak"), [("alice", True), ("a" * 40, True), ("password12345678", False), (CLIENT, False), ("1" * 30, True), ("the-marketing-department", True)])  # fmt: skip
def test_guessable(client_id: str, weak: bool) -> None:
    assert guessable(client_id) is weak


def test_a_secret_is_itself_everywhere_but_in_a_repr() -> None:
    url = Secret(CLIENT_URL)
    assert url == CLIENT_URL
    assert f"{url}" == CLIENT_URL
    assert CLIENT not in repr(url)
    assert CLIENT not in repr([url])
