"""The only waiting there is in tests: ask until it holds, or fail with the last reason."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, TypeVar

T = TypeVar("T")


def eventually(check: Callable[[], T | Literal[False] | None], *, timeout_s: float = 60, every_s: float = 0.05) -> T:
    """Return the first truthy answer of ``check``; assertion and OS errors count as "not yet"."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            answer = check()
            if answer:
                return answer
            last: object = answer
        except (AssertionError, OSError) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come true in {timeout_s} s; last: {last!r}")
        time.sleep(every_s)
