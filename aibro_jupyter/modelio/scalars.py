"""Single values that JSON has no form of its own for: how aibro.json calls them, and how their JSON is read back.

A null stays None, but for a float, where it is NaN: JSON has none, and a table's null is one too.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import decimal
import importlib
import math
import uuid
from typing import Any, Callable  # noqa: UP035 - collections.abc.Callable[[Any], Any] is younger than Python 3.9.2

from . import spans
from .faults import BadInput

INFINITIES = {math.inf: "Infinity", -math.inf: "-Infinity"}
"""How a question spells them; ``float()`` reads either."""


WHOLE = ("int", "uint", "Int", "UInt")
"""How the dtypes of whole numbers begin, numpy's and pandas' own that have nulls."""


def kind_of(value: Any) -> str:
    """Return what aibro.json calls the kind of a single value of the standard library; "" for any other."""
    if type(value) is float:
        return "" if math.isfinite(value) else "float"
    return next((kind for kind, (cls, _) in _READERS.items() if type(value) is cls), "")


def is_kind(kind: str) -> bool:
    """Tell whether it is the name of a kind of single values."""
    return kind in _READERS


def read(given: Any, kind: str) -> Any:
    """Return a value of that kind from its JSON; one that is none raises ``BadInput``."""
    if given is None:
        return math.nan if kind == "float" else None
    try:
        return _READERS[kind][1](given)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise BadInput(f"{given!r:.60} is no {kind}") from error


def bounds(dtype: str) -> tuple[int, int]:
    """Return the least and the greatest whole number that a dtype of whole numbers holds."""
    bits = int("".join(letter for letter in dtype if letter.isdigit()) or 64)
    return (0, 2**bits - 1) if dtype[:1] in "uU" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def numpy_scalar(given: Any, dtype: str) -> Any:
    """Return a number, text or date of numpy's own."""
    numpy = importlib.import_module("numpy")
    if given is None and dtype.startswith("float"):
        given = math.nan
    elif dtype.startswith("timedelta64"):
        given = spans.read(given)
    elif dtype.startswith("complex") and isinstance(given, dict):
        given = complex(*(read(given.get(part, 0), "float") for part in ("real", "imag")))
    elif isinstance(given, float) and dtype.lstrip("u").startswith("int") and not given.is_integer():
        raise BadInput(f"{given!r} is not a whole number")
    try:
        # A Python number says of itself that it does not fit; an array's cell would wrap around.
        return numpy.array([given], dtype=dtype)[0]
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(f"{given!r:.60} is no {dtype}") from error


def spoken(value: Any) -> str:
    """Return what a JSON value is, in words."""
    if value is None:
        return "null"
    names = {bool: "true/false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def unbase64(given: Any) -> bytes:
    """Return the bytes that base64 text stands for; anything else raises ``BadInput``."""
    if not isinstance(given, str):
        raise BadInput(f"expected base64 text, not {spoken(given)}")
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(f"is not base64: {error}") from error


def _float(given: Any) -> float:
    """A number beside a NaN may be a whole one."""
    if isinstance(given, bool) or (isinstance(given, str) and given not in (*INFINITIES.values(), "NaN")):
        raise ValueError
    return given if type(given) is int else float(given)


def _datetime(given: Any) -> datetime.datetime:
    return datetime.datetime.fromisoformat(_plain_utc(given))


def _time(given: Any) -> datetime.time:
    return datetime.time.fromisoformat(_plain_utc(given))


def _plain_utc(given: Any) -> str:
    """JavaScript writes Z, which Python reads since 3.11."""
    return given[:-1] + "+00:00" if isinstance(given, str) and given.endswith("Z") else given


def _decimal(given: Any) -> decimal.Decimal:
    if isinstance(given, bool):
        raise ValueError
    return decimal.Decimal(str(given))


_READERS: dict[str, tuple[type, Callable[[Any], Any]]] = {
    "float": (float, _float),
    "datetime": (datetime.datetime, _datetime),
    "date": (datetime.date, datetime.date.fromisoformat),
    "time": (datetime.time, _time),
    "duration": (datetime.timedelta, spans.read),
    "decimal": (decimal.Decimal, _decimal),
    "uuid": (uuid.UUID, uuid.UUID),
}
