"""The host's side of a slot, blocking: start a model's process, ask it, end it. For dry run and proof."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from aibro_jupyter import clock
from aibro_jupyter.errors import SlotFailed
from aibro_jupyter.modelio.faults import BadFrame
from aibro_jupyter.modelio.frames import FrameReader, Header, frame
from aibro_jupyter.repo.isolation import Isolation, Seen
from aibro_jupyter.repo.slotlog import SlotLog

_CHUNK = 2**18
_PASSED = frozenset("PATH LANG LANGUAGE TZ TMPDIR LD_LIBRARY_PATH CUDA_VISIBLE_DEVICES".split())  # noqa: SIM905
_PASSED_PREFIXES = ("LC_", "SSL_CERT_", "OMP_", "OPENBLAS_", "MKL_")


def slot_environment(surroundings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment a model gets, by allow-list: paths, language, threads. No token, no key, no home."""
    given = os.environ if surroundings is None else surroundings
    return {name: value for name, value in given.items() if name in _PASSED or name.startswith(_PASSED_PREFIXES)}


def slot_command(python: Path, repo: Path, in_fd: int, out_fd: int) -> list[str]:
    """Return the command line of a slot; the two file descriptors must be handed down with it."""
    program = resources.files("aibro_jupyter") / "slot" / "main.py"
    return [str(python), "-I", str(program), "--repo", str(repo), "--in-fd", str(in_fd), "--out-fd", str(out_fd)]


@dataclass(frozen=True, kw_only=True)
class Result:
    """A model's answer to one request."""

    ok: bool
    body: bytes
    content_type: str | None
    kind: str
    """Of a failure: bad-input, model-error or bad-result; "" if ok."""
    error: dict[str, Any]
    """Of a failure: type, message, traceback, and for bad-input sample and status."""
    took_s: float

    @property
    def told(self) -> str:
        """The failure in one line, such as ``ValueError: x``."""
        name, message = self.error.get("type", ""), self.error.get("message", "")
        return f"{name}: {message}" if self.kind == "model-error" else message


class SlotProcess:
    """One model in a process group of its own; use it from one thread, as a context manager or with ``close``."""

    def __init__(self, process: subprocess.Popen[bytes], in_fd: int, out_fd: int, log: SlotLog) -> None:
        self._process, self._in_fd, self._out_fd, self._log = process, in_fd, out_fd, log
        self._reader = FrameReader()
        self._asked = 0
        self._closed = False
        self.load_s = 0.0
        self.memory_mib = 0
        self.seen = Seen()
        """Of a proof: what ``tell`` last said."""

    @staticmethod
    def start(
        python: Path,
        repo: Path,
        log: Path | None = None,
        env: Mapping[str, str] | None = None,
        limit_s: float = 600,
        isolation: Isolation | None = None,
    ) -> SlotProcess:
        """Start a model and return when it is loaded; raises ``SlotFailed`` with stage and traceback.

        The repo folder becomes the slot's own: its data/ changes place with each request. ``log`` is appended to.
        ``env`` is the whole environment it gets, else ``slot_environment()``. With ``isolation`` it is being proved.
        """
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        try:
            process = subprocess.Popen(
                slot_command(python, repo, theirs_in, theirs_out) + (isolation.words() if isolation else []),
                cwd=repo,
                env=dict(slot_environment() if env is None else env),
                pass_fds=(theirs_in, theirs_out),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            os.close(ours_in)
            os.close(ours_out)
            raise SlotFailed(f"the model's process does not start: {error}") from error
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        os.set_blocking(ours_in, False)
        slot = SlotProcess(process, ours_in, ours_out, SlotLog(process, log))
        slot._await_ready(limit_s)
        return slot

    def predict(self, body: bytes, content_type: str | None = None, limit_s: float = 600) -> Result:
        """Return the model's answer to a body; raises ``SlotFailed`` if the process dies or overruns, and ends it."""
        return self._ask({"content_type": content_type}, body, limit_s)

    def predict_own_data(self, limit_s: float = 600) -> Result:
        """Return the model's answer to data/ as the repo has it."""
        return self._ask({"content_type": None, "use_data": True}, b"", limit_s)

    def tell(self, limit_s: float = 60) -> Seen:
        """Return what a model that is being proved has used and wanted so far."""
        self.seen = Seen.of(self._exchange(frame({"op": "tell"}, b""), limit_s, "predict")[0])
        return self.seen

    def close(self) -> None:
        """End the process and all that it started; calling it again does nothing."""
        if self._closed:
            return
        self._closed = True
        os.close(self._in_fd)
        os.close(self._out_fd)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()

    def __enter__(self) -> SlotProcess:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def _await_ready(self, limit_s: float) -> None:
        header, _ = self._exchange(b"", limit_s, "load")
        if header.get("op") != "ready":
            error = header.get("error", {})
            self.close()
            raise _refusal(header.get("stage", "load"), error, Seen.of(header))
        self.load_s, self.memory_mib = header["load_s"], header["memory_mib"]

    def _ask(self, about: Header, body: bytes, limit_s: float) -> Result:
        self._asked += 1
        asked = {"op": "predict", "id": str(self._asked), **about}
        header, answer = self._exchange(frame(asked, body), limit_s, "predict")
        return Result(
            ok=header["ok"],
            body=answer,
            content_type=header.get("content_type"),
            kind=header.get("kind", ""),
            error=header.get("error", {}),
            took_s=header.get("took_s", 0.0),
        )

    def _exchange(self, data: bytes, limit_s: float, stage: str) -> tuple[Header, bytes]:
        """Write a frame and return the one that answers; whatever else happens ends the process."""
        try:
            return self._exchanged(data, clock.perf() + limit_s)
        except TimeoutError:
            self.close()
            what = "answer" if stage == "predict" else "load"
            raise SlotFailed(
                f"the model did not {what} within {limit_s:g} s", stage="time-limit", details=self._log.tail()
            ) from None
        except (EOFError, BrokenPipeError, BadFrame):
            with contextlib.suppress(subprocess.TimeoutExpired):
                # It is on its way out: let it end by itself, so that its exit code is its own.
                self._process.wait(timeout=2)
            self.close()
            raise SlotFailed(
                f"the model's process {_ended(self._process.returncode)} in {_STAGES[stage]}",
                stage=stage,
                details=self._log.tail(),
            ) from None
        except BaseException:
            self.close()
            raise

    def _exchanged(self, data: bytes, deadline: float) -> tuple[Header, bytes]:
        left = memoryview(data)
        with selectors.DefaultSelector() as ready:
            ready.register(self._out_fd, selectors.EVENT_READ)
            if left:
                ready.register(self._in_fd, selectors.EVENT_WRITE)
            while (remaining := deadline - clock.perf()) > 0:
                for key, _ in ready.select(remaining):
                    if key.fd == self._in_fd:
                        left = left[os.write(self._in_fd, left[:_CHUNK]) :]
                        if not left:
                            ready.unregister(self._in_fd)
                    elif found := self._reader.feed(self._read()):
                        return found[0]
        raise TimeoutError

    def _read(self) -> bytes:
        data = os.read(self._out_fd, _CHUNK)
        if not data:
            raise EOFError
        return data


_STAGES = {"load": "load_model()", "predict": "run()"}


class ProofRefused(SlotFailed):
    """A model that did not come up while it was proved; ``seen`` is what it had wanted until then."""

    code = "proof-refused"
    seen = Seen()


def _refusal(stage: str, error: dict[str, Any], seen: Seen) -> SlotFailed:
    name, message = error.get("type", ""), error.get("message", "")
    if name == "BadModel":
        return SlotFailed(message, stage=stage, kind=name)
    where = "load_model() raised" if stage == "load" else "importing predict.py raised"
    told, details = f"{where} {name}: {message}", error.get("traceback", "")
    if seen.isolation == "none":
        return SlotFailed(told, stage=stage, kind=name, details=details)
    refused = ProofRefused(told, stage=stage, kind=name, details=details)
    refused.seen = seen
    return refused


def _ended(returncode: int) -> str:
    if returncode < 0:
        name = signal.Signals(-returncode).name if -returncode in set(signal.Signals) else f"signal {-returncode}"
        hint = " (out of memory?)" if name == "SIGKILL" else ""
        return f"was ended by {name}{hint}"
    return f"ended with exit code {returncode}"
