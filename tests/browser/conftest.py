"""JupyterLab as a subprocess with settings of its own, and Debian's Chromium to look at it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from aibro_jupyter.home import Home
from tests.eventually import eventually
from tests.onebackend import one_backend

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "artifacts"
"""Pictures for people; ignored by git."""
TOKEN = "lab"
EVIL = "evil.test"
"""An attacker's name; he may point it, and every name below it, anywhere, and points them here."""
NO_NEWS = {"fetchNews": "false", "checkForUpdates": False}
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {EVIL} 127.0.0.1, MAP *.{EVIL} 127.0.0.1",
]


@dataclass(frozen=True, kw_only=True)
class Lab:
    """A running JupyterLab and the home of the backend it looks at."""

    url: str
    home: Home
    notebooks: Path


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab beside a home where no backend runs yet; whatever a test starts there is ended with it."""
    root = tmp_path_factory.mktemp("lab")
    with one_backend(root / "aibro") as home, jupyter(root, free_port(), places(root), config(root)) as (_, url):
        yield Lab(url=url, home=Home(home), notebooks=root / "notebooks")


@contextmanager
def jupyter(
    root: Path, port: int, folders: dict[str, str], settings: Path
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run JupyterLab on that port until the end of the block; yield its process, which may be ended before, and URL."""
    with (root / "lab.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", f"--config={settings}", f"--port={port}"],
            env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | folders,
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: _up(url, process, root / "lab.log"), timeout_s=120)
        yield process, url
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Of the package: Playwright's loop must be gone before tests of other folders start theirs.
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert chromium, "the browser tests need Debian's chromium: apt-get install chromium fonts-dejavu-core"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, lab: Lab, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of that Lab; an uncaught error in it, or one that our code logs, fails the test."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800},
        base_url=lab.url,
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: None if _is_notebooks(error) else errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if _is_ours(said) else None)
    yield page
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{request.node.name}-end.png")
    context.close()
    assert errors == []


def _is_notebooks(error: Any) -> bool:
    # Notebook 7's own bundle looks up a menu's settings that its own pages may not have loaded yet.
    return "/static/notebook/" in (error.stack or "") and "aibro" not in error.stack and "'schema'" in str(error)


def _is_ours(said: Any) -> bool:
    # The browser itself logs every answer of 400 and above; a 503 is how "no backend" looks on the wire.
    told_by_browser = said.text.startswith("Failed to load resource") and " 503 " in said.text
    where = said.location.get("url", "")
    return said.type == "error" and ("aibro" in where or "aibro" in said.text) and not told_by_browser


def places(root: Path) -> dict[str, str]:
    """Folders of this run alone; our extension is found as pip would have put it there, from this checkout."""
    share, etc = root / "share" / "jupyter", root / "etc" / "jupyter"
    (share / "labextensions").mkdir(parents=True)
    (share / "labextensions" / "aibro-jupyter").symlink_to(ROOT / "aibro_jupyter" / "labextension")
    etc.mkdir(parents=True)
    (etc / "jupyter_server_config.d").symlink_to(ROOT / "aibro_jupyter" / "jupyter" / "config")
    return {
        "JUPYTER_PATH": str(share),
        "JUPYTER_CONFIG_PATH": str(etc),
        "JUPYTER_CONFIG_DIR": str(root / "config"),
        "JUPYTER_DATA_DIR": str(root / "data"),
        "JUPYTER_RUNTIME_DIR": str(root / "runtime"),
        "IPYTHONDIR": str(root / "ipython"),
    }


def config(root: Path) -> Path:
    notebooks = root / "notebooks"
    notebooks.mkdir()
    notification = root / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    notification.parent.mkdir(parents=True)
    notification.write_text(json.dumps(NO_NEWS))
    config = root / "jupyter_config.json"
    config.write_text(
        json.dumps(
            {
                "ServerApp": {
                    "root_dir": str(notebooks),
                    "ip": "127.0.0.1",
                    "port_retries": 0,
                    "open_browser": False,
                    "allow_root": True,
                },
                "IdentityProvider": {"token": TOKEN},
                "JupyterNotebookApp": {"expose_app_in_browser": True},
                "LabApp": {
                    "expose_app_in_browser": True,
                    "workspaces_dir": str(root / "workspaces"),
                    "user_settings_dir": str(root / "settings"),
                },
            }
        )
    )
    return config


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _up(url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    if process.poll() is not None:
        pytest.fail(log.read_text())
    with urllib.request.urlopen(f"{url}/api", timeout=5) as answer:
        return bool(answer.status == 200)
