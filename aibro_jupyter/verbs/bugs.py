"""An exception that is nobody's but ours: one line for the person, the whole of it in a file."""

from __future__ import annotations

import contextlib
import os
import traceback
from datetime import UTC, datetime

from aibro_jupyter import clock
from aibro_jupyter.errors import AibroError
from aibro_jupyter.home import home, private_dir

LIMIT_BYTES = 1024 * 1024
"""Chosen: hundreds of tracebacks; the file before it is kept too."""


class Bug(AibroError):
    """Something in aibro_jupyter itself is wrong. What was asked for may not have happened; running jobs go on."""

    code = "bug"


def bug(error: Exception, words: list[str]) -> Bug:
    """Write the traceback into the home's logs and return what a person reads. Never raises."""
    where = ""
    # The disk may be full or the home unwritable, which may be the very reason of the bug.
    with contextlib.suppress(OSError):
        log = private_dir(home().logs) / "bugs.log"
        if log.exists() and log.stat().st_size > LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        told = "".join(traceback.format_exception(error))
        at = datetime.fromtimestamp(clock.now(), UTC).isoformat(timespec="seconds")
        # Only the verb: options may hold client ids.
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a") as file:
            file.write(f"{at} {' '.join(words[:1])}\n{told}\n")
        where = f"details in {log}"
    first = next((line for line in str(error).splitlines() if line.strip()), "")
    return Bug(f"this is a bug in aibro_jupyter: {type(error).__name__}{': ' if first else ''}{first[:200]}", fix=where)
