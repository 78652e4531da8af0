"""What aiohttp itself logs of requests it cannot read: how many and of what kind, never a byte of them."""

from __future__ import annotations

import logging
import time

EVERY_S = 60.0
"""Chosen: one line a minute shows that junk comes and from then on cannot fill a disk."""
_LOGGERS = ("aiohttp.server", "aiohttp.web", "aiohttp.internal")


class _KindsOnly(logging.Filter):
    """Makes of each record a line with a number and an error's name; a header may hold the owner's token."""

    def __init__(self) -> None:
        super().__init__()
        self._untold = 0
        self._next_at = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether this record is the one of its minute."""
        self._untold += 1
        if time.monotonic() < self._next_at:
            return False
        self._next_at = time.monotonic() + EVERY_S
        kind = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
        record.msg = "%d requests that could not be read, the last one: %s"
        record.args = (self._untold, kind.__name__ if kind else "no error")
        record.exc_info = record.exc_text = record.stack_info = None
        self._untold = 0
        return True


def hush() -> None:
    """Let the loggers of aiohttp's server, in this process, tell kinds and numbers alone."""
    kinds = _KindsOnly()
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(kinds)
