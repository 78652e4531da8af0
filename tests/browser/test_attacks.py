"""Web pages that mean harm, in the browser of somebody who is signed in to Jupyter: nothing changes, nothing is read."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Route

from aibro_jupyter.client.ensure import backend, daemon_info
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.machines import machine_config
from aibro_jupyter.protocol import JobView
from tests.browser.conftest import EVIL, TOKEN, Lab

pytestmark = pytest.mark.browser
ATTACKS = Path(__file__).parent / "attacks"
PAGES = sorted(ATTACKS.glob("*.html"))
MUTATING = [
    ("complete", {}),
    ("versions", {"version_id": "ver_x"}),
    ("rollback", {}),
    ("cooling", {"off": True}),
    ("drill", {"kind": "kill"}),
    ("clients", {"add": ["mallory-1"], "be_public": False}),
    ("limits", {"budget_stop_micros": 1}),
]


@dataclass(frozen=True, kw_only=True)
class Victim:
    """A live job, and all the addresses at which somebody could try to change it."""

    job: JobView
    targets: list[dict[str, str]]
    origins: list[str]


@pytest.fixture(scope="module")
def victim(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    root = tmp_path_factory.mktemp("victim") / "aibro_repo"
    (root / "model").mkdir(parents=True)
    (root / "predict.py").write_text("def load_model():\n    return 2\n\n\ndef run(model, data):\n    return data\n")
    (root / "requirements.txt").write_text("")
    control = backend()
    machines = machine_config({"standby": "c5.large.od", "cooling": "g4dn.4xlarge.od"})
    deployed = deploy_repo(control, root, model_name="victim", machines=machines)
    info = daemon_info(lab.home)
    assert info is not None
    job_id = deployed.job.job_id
    targets = [
        {"url": f"{base}/jobs/{job_id}/{path}", "body": json.dumps(body)}
        for base in (f"{info.control_url}/api", f"{lab.url}/aibro/api")
        for path, body in MUTATING
    ]
    targets += [{"url": f"{base}/{path}", "body": "{}"} for base in (f"{info.control_url}/api", f"{lab.url}/aibro/api")
                for path in ("jobs", "budget", "park", "status", "gateway/report")]  # fmt: skip
    targets += [{"url": url, "body": "[1]"} for url in (deployed.urls[0], f"{lab.url}/aibro/try/{job_id}")]
    targets.append({"url": deployed.urls[0].removesuffix("/predict"), "body": ""})
    yield Victim(job=control.job(job_id), targets=targets, origins=[info.control_url, info.gateway_url, lab.url])
    control.complete(job_id)


@pytest.fixture(scope="module")
def evil(victim: Victim) -> Iterator[str]:
    """The attacker's own web server."""
    served = {f"/{page.name}": page.read_bytes() for page in PAGES}
    served["/targets.js"] = _script(victim.targets)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = served.get(urlsplit(self.path).path)
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/javascript" if self.path.endswith(".js") else "text/html")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{EVIL}:{server.server_port}"
        server.shutdown()
        thread.join()


def _script(targets: list[dict[str, str]]) -> bytes:
    return f"const TARGETS = {json.dumps(targets)};\n{(ATTACKS / 'attack.js').read_text()}".encode()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, lab: Lab, victim: Victim) -> Iterator[BrowserContext]:
    """A browser whose names the attacker may point anywhere, with the victim's cookies of Jupyter in it."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{lab.url}/aibro/api/status?token={TOKEN}")
    assert "username" in page.inner_text("body")
    page.close()
    yield context
    context.close()


@pytest.mark.parametrize("attack", PAGES, ids=lambda page: page.stem)
def test_a_foreign_page_changes_and_reads_nothing(
    attack: Path, signed_in: BrowserContext, victim: Victim, evil: str
) -> None:
    page = signed_in.new_page()
    page.goto(f"{evil}/{attack.name}")
    page.wait_for_function("document.title === 'done'", timeout=120_000)
    assert page.evaluate("window.readable") == []
    page.close()
    _unchanged(victim)


@pytest.mark.parametrize("attack", ["fetch-cors", "fetch-no-cors", "iframe", "xhr", "port-scan", "websocket"])
def test_a_name_turned_to_this_computer_reads_nothing_either(
    attack: str, signed_in: BrowserContext, victim: Victim
) -> None:
    """DNS rebinding: the attacker's name, and so his origin, answers from our own ports."""
    for origin in victim.origins:
        theirs = urlsplit(origin)._replace(netloc=f"{EVIL}:{urlsplit(origin).port}").geturl()
        targets = [
            {**target, "url": target["url"].replace(origin, theirs)}
            for target in victim.targets
            if target["url"].startswith(origin)
        ]
        page = signed_in.new_page()
        page.route(f"{theirs}/rebound/**", _answering((ATTACKS / f"{attack}.html").read_bytes(), "text/html"))
        page.route("**/targets.js", _answering(_script(targets), "text/javascript"))
        page.goto(f"{theirs}/rebound/{attack}.html")
        page.wait_for_function("document.title === 'done'", timeout=120_000)
        assert [one for one in page.evaluate("window.readable") if _tells(one)] == []
        page.close()
    _unchanged(victim)


def _answering(body: bytes, content_type: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(body=body, content_type=content_type)


def _tells(readable: str) -> bool:
    """A refusal in plain words, and the health check's "ok", tell nothing of the victim."""
    told = readable.partition(": ")[2]
    harmless = ('"error"', '"code"', '"message"', '{"status": "ok"}', "<title>", "Forbidden", "404", "403", "405")
    return "victim" in told or "root" in told or not any(word in told for word in harmless)


def _unchanged(victim: Victim) -> None:
    now = backend(start=False).job(victim.job.job_id)
    assert _state(now) == _state(victim.job)


def _state(job: JobView) -> dict[str, Any]:
    return {
        "outcome": job.outcome,
        "public": job.public,
        "clients": job.clients,
        "versions": [version.version_id for version in job.versions],
        "instances": [(one.instance_id, one.phase) for one in job.instances],
        "budget": job.budget,
        "cooling_off": job.cooling_off,
        "requests": job.traffic.requests,
    }
