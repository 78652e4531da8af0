"""Web pages that mean harm, in the browser of somebody who is signed in to Jupyter: nothing changes, nothing is read."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Route

from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend, daemon_info
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.protocol import JobView
from tests.browser.conftest import EVIL, TOKEN, Lab
from tests.eventually import eventually

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
    ("terms", {"origins": ["*"]}),
    ("secrets", {"values": {"TOKEN": "theirs"}}),
]
ELSEWHERE = (
    "jobs",
    "budget",
    "park",
    "prune",
    "unknown/end",
    "locks",
    f"bundles/{'0' * 64}",
    "status",
    "gateway/report",
)
SCANNED = ("/", "/healthz", "/api/status", "/api/jobs?model_name=victim", "/api/openapi.json", "/v1/ana/public/victim")
NEIGHBOURS = [
    *("fetch-cors", "fetch-forbidden-methods", "fetch-headers", "fetch-simple-json", "form-null-origin"),
    *("jupyter-socket", "redirect", "service-worker-register", "xsrf-cookie"),
]
"""Attacks worth repeating from another port of this computer: to the browser that is the same site, cookies go along."""
REBOUND = [
    *((EVIL, attack) for attack in ("fetch-cors", "iframe", "xhr", "port-scan", "websocket", "jupyter-socket")),
    *((f"127.0.0.1.{EVIL}", attack) for attack in ("fetch-cors", "fetch-forbidden-methods")),
]


@dataclass(frozen=True, kw_only=True)
class Victim:
    """A live job, and all the addresses at which somebody could try to change it."""

    job: JobView
    targets: list[dict[str, str]]
    origins: list[str]
    before: dict[str, Any]


@pytest.fixture(scope="module")
def victim(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    root = tmp_path_factory.mktemp("victim") / "aibro_repo"
    (root / "model").mkdir(parents=True)
    (root / "predict.py").write_text("def load_model():\n    return 2\n\n\ndef run(model, data):\n    return data\n")
    (root / "requirements.txt").write_text("")
    control = backend()
    wanted = Deployment(name="victim", machine="c5.large.od", cooling="g4dn.4xlarge.od")
    deployed = deploy_repo(control, root, wanted)
    info = daemon_info(lab.home)
    assert info is not None
    job_id, origins = deployed.job.job_id, [info.control_url, info.gateway_url, lab.url]
    targets = _targets(job_id, deployed.urls[0], [f"{info.control_url}/api", f"{lab.url}/aibro/api"])
    targets.append({"url": f"{lab.url}/aibro/try/{job_id}", "body": "[1]"})
    yield Victim(job=control.job(job_id), targets=targets, origins=origins, before=_state(lab, job_id))
    control.complete(job_id)


def _targets(job_id: str, predict: str, apis: list[str]) -> list[dict[str, str]]:
    paths = [(f"jobs/{job_id}/{path}", json.dumps(body)) for path, body in MUTATING]
    paths += [(path, "{}") for path in ELSEWHERE]
    found = [{"url": f"{api}/{path}", "body": body} for api in apis for path, body in paths]
    return [*found, {"url": predict, "body": "[1]"}, {"url": predict.removesuffix("/predict"), "body": ""}]


@pytest.fixture(scope="module")
def evil(victim: Victim) -> Iterator[str]:
    """The attacker's own web server."""
    served = {f"/{page.name}": page.read_bytes() for page in PAGES}
    served["/targets.js"] = _script(victim.targets)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(307)
            self.send_header("Location", unquote(urlsplit(self.path).query))
            self.send_header("Access-Control-Allow-Origin", self.headers.get("Origin", "*"))
            self.send_header("Access-Control-Allow-Credentials", "true")
            self.send_header("Content-Length", "0")
            self.end_headers()

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


def test_every_place_that_changes_something_is_attacked(lab: Lab, victim: Victim) -> None:
    info = daemon_info(lab.home)
    assert info is not None
    said = requests.get(
        f"{info.control_url}/api/openapi.json", headers={"Authorization": f"Bearer {info.token}"}, timeout=60
    ).json()
    paths = [path for path, operations in said["paths"].items() if set(operations) - {"get", "head", "parameters"}]
    assert len(paths) > 10
    attacked = {urlsplit(target["url"]).path for target in victim.targets}
    for path in paths:
        shape = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
        assert any(re.fullmatch(shape, one) for one in attacked), path


@pytest.mark.parametrize("attack", PAGES, ids=lambda page: page.stem)
def test_a_foreign_page_changes_and_reads_nothing(
    attack: Path, signed_in: BrowserContext, lab: Lab, victim: Victim, evil: str
) -> None:
    _attacked(signed_in, f"{evil}/{attack.name}")
    _unchanged(lab, victim)


@pytest.mark.parametrize("attack", NEIGHBOURS)
def test_nor_does_a_page_from_another_port_of_this_computer(
    attack: str, signed_in: BrowserContext, lab: Lab, victim: Victim, evil: str
) -> None:
    """The cookies of Jupyter go along, and its XSRF cookie can be read: only the Origin tells the difference."""
    assert [cookie["name"] for cookie in signed_in.cookies(lab.url)], "the victim is not signed in"
    _attacked(signed_in, f"http://127.0.0.1:{urlsplit(evil).port}/{attack}.html")
    _unchanged(lab, victim)


def _attacked(browser: BrowserContext, url: str) -> None:
    page = browser.new_page()
    page.goto(url)
    page.wait_for_function("document.title === 'done'", timeout=120_000)
    assert page.evaluate("window.readable") == []
    page.close()


@pytest.mark.parametrize(("name", "attack"), REBOUND)
def test_a_name_turned_to_this_computer_reads_nothing_either(
    name: str, attack: str, signed_in: BrowserContext, lab: Lab, victim: Victim
) -> None:
    """DNS rebinding: the attacker's name, and so his origin, answers from our own ports."""
    for origin in victim.origins:
        theirs = urlsplit(origin)._replace(netloc=f"{name}:{urlsplit(origin).port}").geturl()
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
    _unchanged(lab, victim)


def test_an_extension_that_may_read_every_answer_learns_nothing(browser: Browser, lab: Lab, victim: Victim) -> None:
    """An extension with rights for this computer, no cookies: every port, every method, every body in clear."""
    context = browser.new_context()
    asked = 0
    for origin in victim.origins:
        for path in [*SCANNED, *(urlsplit(target["url"]).path for target in victim.targets)]:
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
                if "/predict" in path:
                    continue  # Its URL is the key to it: who has that may call it.
                headers = {"Origin": "chrome-extension://aaaabbbbccccddddeeeeffffgggghhhh"}
                answer = context.request.fetch(
                    origin + path, method=method, headers=headers, data="{}", max_redirects=0, timeout=60_000
                )
                assert not _tells(f"{method}: {answer.text()}"), (origin, path, answer.text())
                asked += 1
    context.close()
    assert asked > 400
    _unchanged(lab, victim)


def test_after_all_attacks_only_the_owner_was_served(lab: Lab, victim: Victim) -> None:
    """Counts reach control a little late: one request of the owner's comes behind whatever came before it."""
    predict = next(target["url"] for target in victim.targets if target["url"].endswith("/predict"))
    assert requests.post(predict, json=[1], timeout=60).json() == [1]
    job_id, before = victim.job.job_id, victim.before["requests"]
    counted = eventually(lambda: _state(lab, job_id)["requests"] - before)
    assert counted == 1


def _answering(body: bytes, content_type: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(body=body, content_type=content_type)


def _tells(readable: str) -> bool:
    """A refusal in plain words, and the health check's "ok", tell nothing of the victim."""
    told = readable.partition(": ")[2]
    harmless = ('"error"', '"code"', '"message"', '{"status": "ok"}', "<title>", "Forbidden", "404", "403", "405")
    return "victim" in told or "root" in told or (told != "" and not any(word in told for word in harmless))


def _unchanged(lab: Lab, victim: Victim) -> None:
    assert _state(lab, victim.job.job_id) == victim.before


def _state(lab: Lab, job_id: str) -> dict[str, Any]:
    control = backend(start=False)
    job, status = control.job(job_id), control.status()
    return {
        "outcome": job.outcome,
        "public": job.public,
        "clients": job.clients,
        "versions": [version.version_id for version in job.versions],
        "instances": [(one.instance_id, one.phase) for one in job.instances],
        "budget": job.budget,
        "cooling_off": job.cooling_off,
        "requests": job.traffic.requests,
        "jobs": [one.job_id for one in status.jobs],
        "all": status.budget,
        "bundles": sorted(one.name for one in lab.home.bundles.iterdir()),
        "daemon": daemon_info(lab.home),
    }
