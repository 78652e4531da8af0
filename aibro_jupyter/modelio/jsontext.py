"""JSON text -> a value, as the standard library reads it; faster where msgspec is there too, and never otherwise.

What a body means must not depend on what else is installed: what msgspec refuses the standard library decides, and
what it takes has the same value and type (a test holds it to that). orjson is no such help: it makes floats of whole
numbers that need more than 64 bits.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

_PROBES = (
    b"18446744073709551616",
    b"-9223372036854775809",
    b"-0",
    b"-0.0",
    b"1e2",
    b'{"b": 1, "a": 2, "b": 3}',
    b'"\xc3\xa9"',
)
"""Where a reader would differ that is quick in its own way, or is older than we know."""

read: Callable[[bytes], Any] = json.loads
"""Returns the value of JSON text; raises ``ValueError`` or ``RecursionError``."""


def hasten() -> None:
    """Read with msgspec from now on, if it is one of the environment's packages, and not a file of the user's."""
    global read
    # The user's environment: whatever its package does at its import, bodies are read without it then.
    try:
        spec = find_spec("msgspec")
        if spec is None or not (spec.origin or "").startswith(sys.prefix):
            return
        quick = with_msgspec(import_module("msgspec"))
        if all(repr(quick(probe)) == repr(json.loads(probe)) for probe in _PROBES):
            read = quick
    except Exception:  # noqa: BLE001
        return


def with_msgspec(msgspec: Any) -> Callable[[bytes], Any]:
    """Return the reader that asks msgspec first."""
    quick, refusals = msgspec.json.Decoder().decode, (msgspec.MsgspecError, ValueError, RecursionError)

    def read_quickly(text: bytes) -> Any:
        try:
            return quick(text)
        except refusals:
            return json.loads(text)

    return read_quickly
