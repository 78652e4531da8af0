"""The slot's life: import, load, then one request after the other until the host is gone."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from ..modelio import jsontext
from ..modelio.descendants import adopt
from ..modelio.faults import BAD_INPUT, BAD_RESULT, MODEL_ERROR, BadInput, BadValue
from ..modelio.frames import ANSWER, FAILED, FAULT_NUMBERS, OWN_DATA, READY, Frame
from .faults import BadModel
from .predictor import Predictor
from .story import told
from .wire import Wire


def serve(repo: str, fd: int, life_fd: int, wired: Callable[[int, int], Wire] = Wire, *, watched: bool = False) -> None:
    """Serve the model in a repo folder; returns never, for the end of the life line ends the process.

    ``watched``: it matters what is imported here, so that nothing is but what the model needs.
    """
    repo = os.path.abspath(repo)
    os.chdir(repo)
    # What a model's child leaves behind stays below this process, and ends with it.
    adopt()
    wire = wired(fd, life_fd)
    faulthandler.enable()
    interrupts = _Interrupts()
    # Each line is in the log when it is printed, not when a buffer is full: a killed model leaves its last words.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    predictor = _ready(repo, wire)
    if not watched:
        jsontext.hasten()
    while True:
        _answer(predictor, wire.next(), wire, repo, interrupts)


class _Interrupts:
    """Lets SIGINT through to a request alone: between two it would end an idle slot, or hit the next one."""

    def __init__(self) -> None:
        self.taken = False
        signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, *_: object) -> None:
        if self.taken:
            self.taken = False
            raise KeyboardInterrupt


def _ready(repo: str, wire: Wire) -> Predictor:
    """Import and load the model and say how that went; a failure ends the process."""
    started = time.perf_counter()
    stage = "import"
    # The process boundary: whatever the user's code raises, SystemExit too, is told to the host.
    try:
        predictor = Predictor(repo)
        predictor.import_module()
        stage = "load"
        predictor.load()
    except BaseException as error:  # noqa: BLE001
        _flush()
        wire.tell(FAILED, {"stage": stage, **_told(error, repo)})
        os._exit(1)
    _flush()
    took_s = round(time.perf_counter() - started, 4)
    wire.tell(READY, {"load_s": took_s, "memory_mib": memory_mib(), "modules": installed_modules()})
    return predictor


def installed_modules() -> list[str]:
    """Return what was imported of the environment's packages, in order: a parked parent may import it beforehand."""
    found = []
    for name, module in list(sys.modules.items()):
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        if isinstance(origin, str) and f"{os.sep}site-packages{os.sep}" in origin:
            found.append(name)
    return found


def _answer(predictor: Predictor, asked: Frame, wire: Wire, repo: str, interrupts: _Interrupts) -> None:
    started = time.perf_counter_ns()
    _be_in(repo)
    # The process boundary again: a model may raise anything, and the slot goes on.
    try:
        interrupts.taken = True
        answer = _of(predictor, asked)
        interrupts.taken = False
    except BaseException as error:  # noqa: BLE001
        interrupts.taken = False
        fault, story = FAULT_NUMBERS[_kind(error)], _told(error, repo)
        _flush()
        wire.tell(fault, story, asked.number, _us_since(started))
    else:
        _flush()
        wire.send(ANSWER, asked.number, predictor.media_type.encode(), answer, _us_since(started))


def _us_since(started_ns: int) -> int:
    return (time.perf_counter_ns() - started_ns) // 1000


def _be_in(repo: str) -> None:
    """Begin a request in the slot's folder; without one it is no slot any more, and its host makes another."""
    try:
        os.chdir(repo)
    except OSError as error:
        sys.stderr.write(f"the slot's folder is gone: {error.strerror}\n")
        _flush()
        os._exit(1)


def _of(predictor: Predictor, asked: Frame) -> bytes:
    if asked.kind == OWN_DATA:
        return predictor.answer_own_data()
    return predictor.answer(asked.whole, asked.content_type.decode("latin-1") or None)


def _kind(error: BaseException) -> str:
    if isinstance(error, BadInput):
        return BAD_INPUT
    return BAD_RESULT if isinstance(error, BadValue) else MODEL_ERROR


def _told(error: BaseException, repo: str) -> dict[str, Any]:
    if isinstance(error, BadInput):
        return {
            "type": "BadInput",
            "message": str(error),
            "traceback": "",
            "status": error.status,
            "sample": error.sample,
        }
    if isinstance(error, (BadModel, BadValue)):
        return {"type": type(error).__name__, "message": str(error), "traceback": ""}
    return told(error, repo)


def _flush() -> None:
    """What the model printed is in the log before the answer is out."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue


def memory_mib() -> int:
    """Return the resident memory of this process in MiB; its peak where the system tells no more."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // (2**20 if sys.platform == "darwin" else 2**10)
