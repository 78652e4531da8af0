"""The ``aibro`` command: the verbs for a terminal and, with ``--json``, for other programs."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence

import msgspec

from aibro_jupyter.errors import AibroError, BadRequest
from aibro_jupyter.protocol import Refusal
from aibro_jupyter.verbs import Asker, run
from aibro_jupyter.verbs.bugs import bug
from aibro_jupyter.verbs.command import NobodyReads, told
from aibro_jupyter.views import View
from aibro_jupyter.views.drill import DrillReport
from aibro_jupyter.views.lists import DoctorReport

_BROKEN_PIPE = 128 + signal.SIGPIPE
"""What a shell tells of a Unix tool whose reader has gone."""


def _spelled(text: str) -> str:
    return text.replace("%aibro", "aibro")


def _failed(error: AibroError, as_json: bool) -> int:
    if as_json:
        told(json.dumps(msgspec.to_builtins(Refusal.of(error)), indent=2))
    else:
        first, *rest = error.story()
        print(_spelled("\n".join([f"✗ {first}", *rest])), file=sys.stderr)
    return 2 if isinstance(error, BadRequest) else 1


def _exit_code(view: View) -> int:
    match view:
        case DoctorReport():
            return int(not view.healthy)
        case DrillReport():
            return int(not view.passed)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 when it failed, 2 when it was asked wrongly."""
    try:
        return _main(argv)
    except NobodyReads:
        # Python flushes once more as it ends: into nothing, not into the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE


def _main(argv: Sequence[str] | None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in words
    try:
        view = run([word for word in words if word != "--json"], Asker(prog="aibro", machine=as_json))
    except AibroError as error:
        return _failed(error, as_json)
    except KeyboardInterrupt:
        print("stopped watching; what is under way goes on: `aibro status`", file=sys.stderr)
        return 130
    try:
        answer = json.dumps(view.data(), indent=2) if as_json else _spelled(view.text())
    except Exception as error:  # noqa: BLE001  the boundary to the person: our own traceback is for a file
        return _failed(bug(error, words), as_json)
    told(answer)
    return _exit_code(view)


if __name__ == "__main__":
    sys.exit(main())
