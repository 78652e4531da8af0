"""The real embedded backend in a home of its own, and the proof that it left no process behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

from aibro_jupyter.home import Home
from aibro_jupyter.protocol import DaemonInfo, decode
from tests.eventually import eventually

T = TypeVar("T")
TINY = "import json\n\n\ndef load_model():\n    return 3\n\n\ndef run(model, data):\n    return {'times': model * data['x']}\n"


def tiny_repo(root: Path, predict: str = TINY) -> Path:
    """Write a model repo that needs nothing but Python."""
    root.mkdir(parents=True)
    (root / "predict.py").write_text(predict)
    (root / "requirements.txt").write_text("")
    (root / "data").mkdir()
    (root / "data" / "data.json").write_text('{"x": 2}')
    (root / "model").mkdir()
    (root / "model" / "three.txt").write_text("3")
    return root


def info(home: Home) -> DaemonInfo:
    return decode(home.daemon_json.read_bytes(), DaemonInfo)


def child_of_daemon(home: Home, name: str) -> psutil.Process:
    """Return control or gateway, once it runs."""

    def find() -> psutil.Process | None:
        for child in psutil.Process(info(home).pid).children():
            if f"aibro_jupyter.{name}" in asked(child, psutil.Process.cmdline, list[str]()):
                return child
        return None

    return eventually(find)


def asked(process: psutil.Process, question: Callable[[psutil.Process], T], otherwise: T) -> T:
    try:
        return question(process)
    except psutil.Error:
        return otherwise


def processes_of(home: Home) -> list[str]:
    """Return every living process that works in the home, was started with it, or has a file of it open."""
    place = str(home.root)
    found = []
    for process in psutil.process_iter():
        if process.pid == psutil.Process().pid or asked(process, psutil.Process.status, "zombie") == "zombie":
            continue
        command = asked(process, psutil.Process.cmdline, list[str]())
        where = [
            asked(process, psutil.Process.cwd, ""),
            asked(process, lambda one: one.environ().get("AIBRO_HOME", ""), ""),
            *asked(process, lambda one: [file.path for file in one.open_files()], list[str]()),
        ]
        if any(place in text for text in [*command, *where]):
            found.append(f"{process.pid} {' '.join(command)}")
    return found
