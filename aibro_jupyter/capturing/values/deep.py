"""Room for values that are nested deeper than Python allows by default."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

_LIMIT = 60_000
_STACK_BYTES = 512 * 1024 * 1024
"""Room for so many levels at almost 9 KiB each; the system gives only what is touched."""
_T = TypeVar("_T")


def with_room(work: Callable[[], _T]) -> _T:
    """Return what ``work`` returns; if it recurses too deeply it runs once more, with more room, in its own thread."""
    try:
        return work()
    except RecursionError:
        pass
    outcome: list[_T] = []
    failure: list[BaseException] = []

    def attempt() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001 - carried to the caller's thread, whatever it is
            failure.append(error)

    limit, stack = sys.getrecursionlimit(), threading.stack_size(_STACK_BYTES)
    try:
        sys.setrecursionlimit(max(limit, _LIMIT))
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(stack)
    if failure:
        raise failure[0]
    return outcome[0]
