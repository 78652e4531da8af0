"""The access log: a line of JSON for each answer to a prediction; never who asked, what or from where."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aibro_jupyter.clock import now
from aibro_jupyter.http1 import Made
from aibro_jupyter.protocol import NO_TIER

if TYPE_CHECKING:
    from aibro_jupyter.gateway.call import Call
    from aibro_jupyter.gateway.upstream import Upstream

_LOG = logging.getLogger(__name__)


class AccessLog:
    """Answers gather here and are written together: a request waits for no file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._told: list[tuple[float, str, str, str, int, float, float | None, float | None, str, int, int, str]] = []
        self._fails = False

    def answered(
        self, call: Call, upstream: Upstream, status: int, length: int, took_s: float, model_s: float | None
    ) -> None:
        """Note an instance's answer, of ``length`` bytes."""
        self._note(call, status, took_s, call.sent - call.began, model_s, upstream.tally.tier, length)

    def ended(self, call: Call, made: Made, took_s: float) -> None:
        """Note an answer of our own."""
        self._note(call, made.status, took_s, None, None, NO_TIER, len(made.body))

    def _note(
        self,
        call: Call,
        status: int,
        took_s: float,
        queue_s: float | None,
        model_s: float | None,
        tier: str,
        length: int,
    ) -> None:
        admitted = call.admitted
        gate = admitted.gate
        self._told.append(
            (now(), call.request_id.decode(), gate.job_id, gate.model_name, status, took_s, queue_s, model_s, tier,
             len(call.body), length, admitted.trace_id)
        )  # fmt: skip

    def write(self) -> None:
        """Write what has gathered. What cannot be written is lost: answers matter more than their log."""
        if not self._told:
            return
        told, self._told = self._told, []
        lines = "".join(
            json.dumps(
                {
                    "time": _rfc3339(at),
                    "request_id": request_id,
                    "job_id": job_id,
                    "model": model,
                    "status": status,
                    "ms": _ms(took_s),
                    "queue_ms": _ms(queue_s),
                    "model_ms": _ms(model_s),
                    "tier": tier,
                    "bytes_in": bytes_in,
                    "bytes_out": bytes_out,
                    "trace_id": trace_id or None,
                }
            )
            + "\n"
            for (at, request_id, job_id, model, status, took_s, queue_s, model_s, tier, bytes_in, bytes_out, trace_id)
            in told
        )  # fmt: skip
        try:
            # Gateways share it, and the daemon cuts it: each batch goes to the end that there is.
            descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with open(descriptor, "ab", buffering=0) as file:
                file.write(lines.encode())
        except OSError as error:
            if not self._fails:
                _LOG.warning("the access log cannot be written: %s", error)
            self._fails = True
        else:
            self._fails = False


def _rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
