"""``aibro metrics``: what it says makes Prometheus read what there is, of a real backend with a model that is called."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from aibro_jupyter import cli
from aibro_jupyter.client import ensure
from aibro_jupyter.home import Home
from aibro_jupyter.job import Job
from aibro_jupyter.verbs import Asker, run
from tests.backends import tiny_repo
from tests.eventually import eventually
from tests.metrics import Scrape, scrape

HALVES = "def load_model():\n    return 2\n\n\ndef run(model, data):\n    return 1 / data['x'] / model\n"


@pytest.fixture(scope="module")
def job(surface_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    repo = tiny_repo(tmp_path_factory.mktemp("metrics") / "repo", HALVES)
    run(["deploy", "--artifacts-path", str(repo), "--name", "halves", "--machine", "c5.large.od"], Asker(namespace={}))
    yield Job("halves")
    Job("halves").complete()


def configured() -> dict[str, Any]:
    """What Prometheus would read of the configuration that the verb prints."""
    facts = run(["metrics"], Asker()).data()
    (config,) = import_module("yaml").safe_load(facts["config"])["scrape_configs"]
    return dict(config)


def scraped() -> Scrape:
    """What Prometheus gets by that configuration."""
    config = configured()
    (target,) = config["static_configs"][0]["targets"]
    token = Path(config["authorization"]["credentials_file"]).read_text()
    assert config["metrics_path"] == "/metrics"
    return scrape(f"{config['scheme']}://{target}", token)


def test_it_tells_where_to_scrape_and_never_the_token(surface_home: Path, job: Job, capsys: Any) -> None:
    token = Home(surface_home).metrics_token_file
    assert token.stat().st_mode & 0o777 == 0o600
    assert token.read_text().startswith("metrics_")
    for words in (["metrics"], ["metrics", "--json"]):
        assert cli.main(words) == 0
        said = capsys.readouterr().out
        assert str(token) in said
        assert token.read_text() not in said
    assert "scrape_configs" in said


def asked(job: Job, x: int) -> int:
    return requests.post(job.url, json={"x": x}, timeout=60).status_code


def test_a_called_models_figures_are_right_and_a_killed_gateway_lets_none_fall(surface_home: Path, job: Job) -> None:
    assert [asked(job, x) for x in (1, 2, 0)] == [200, 200, 500]
    of = {"job_id": job.view.job_id, "model": "halves"}

    def counted() -> Scrape | None:
        found = scraped()
        ours = found.those("aibro_requests_total", **of)
        return found if sum(ours.values()) == 3 else None

    before = eventually(counted)
    assert before.value("aibro_requests_total", **of, tier="standby", status="2xx") == 2
    assert before.value("aibro_requests_total", **of, tier="standby", status="5xx") == 1
    assert before.value("aibro_request_duration_seconds_count", **of) == 2
    assert 0 < before.value("aibro_request_duration_seconds_sum", **of) < 60
    assert before.value("aibro_wakes_total", **of, role="standby", state="done") == 1
    assert before.value("aibro_cost_dollars", **of, simulated="true") > 0
    assert list(before.those("aibro_instance_up", **of).values()) == [1]
    assert list(before.those("aibro_instance_slots_up", **of).values()) == [1]
    assert min(before.those("aibro_instance_memory_bytes", **of).values()) > 2**20

    (gateway,) = (
        one
        for one in psutil.process_iter(["cmdline", "cwd"])
        if one.info["cwd"] == str(surface_home) and "aibro_jupyter.gateway" in (one.info["cmdline"] or ())
    )
    os.kill(gateway.pid, signal.SIGKILL)
    assert asked(job, 4) == 200, "the socket stays"

    def goes_on() -> Scrape | None:
        found = scraped()
        now = found.counters()
        assert all(now[name] >= value for name, value in before.counters().items())
        return found if found.value("aibro_requests_total", **of, tier="standby", status="2xx") == 3 else None

    assert eventually(goes_on).value("aibro_request_duration_seconds_count", **of) == 3


def test_a_shared_backend_is_scraped_under_its_url(
    surface_home: Path, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = ensure.backend(start=False)
    monkeypatch.setenv("AIBRO_URL", control.url.replace("127.0.0.1", "localhost"))
    monkeypatch.setenv("AIBRO_TOKEN", Home(surface_home).token_file.read_text())
    config = configured()
    assert config["static_configs"] == [{"targets": [control.url.replace("http://127.0.0.1", "localhost")]}]
    assert str(surface_home) not in json.dumps(config), "the home is on another computer"
