"""What a model returns -> JSON.

numpy and pandas become numbers, lists and records; dates ISO 8601 text; durations seconds; Decimal a number;
bytes base64 text; sets lists; NaN, NaT and infinities null, for JSON has none. The index of a table is left out.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import json
import math
import pathlib
import sys
import uuid
from typing import Any

from .faults import BadResult

DEEPEST = 200
_BY_METHOD = ("tolist", "to_list", "to_dicts", "numpy")


def encoded(value: Any) -> bytes:
    """Return the JSON of a value in UTF-8; what has none raises ``BadResult`` with its type and where it is."""
    made = plain(value, "answer", 0)
    try:
        return json.dumps(made, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        return json.dumps(made, allow_nan=False).encode()


def media_type(value: Any) -> str:
    """Return the media type of an answer; it also says which kind of table or array the JSON was, for our client."""
    kinds = (("pandas", "DataFrame"), ("pandas", "Series"), ("numpy", "ndarray"))
    found = (
        name.lower() for library, name in kinds if library in sys.modules and _is(value, sys.modules[library], name)
    )
    kind = next(found, "")
    return f"application/json; kind={kind}" if kind else "application/json"


def plain(value: Any, where: str, depth: int) -> Any:
    """Return a value made of dict, list, str, int, float, bool and None alone; ``where`` names it in a complaint."""
    if value is None or value is True or value is False or type(value) in (int, str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if depth > DEEPEST:
        raise BadResult(f"{where[:80]}… is nested more than {DEEPEST} deep (does it hold itself?)")
    if isinstance(value, enum.Enum):
        return plain(value.value, where, depth + 1)
    if isinstance(value, dict):
        return _object(value, where, depth)
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{where}[{at}]", depth + 1) for at, item in enumerate(value)]
    if isinstance(value, (set, frozenset)):
        return [plain(item, f"{where}{{}}", depth + 1) for item in _steady(value)]
    return _special(value, where, depth)


def _special(value: Any, where: str, depth: int) -> Any:
    for library, convert in (("numpy", _of_numpy), ("pandas", _of_pandas)):
        if library in sys.modules:
            found = convert(sys.modules[library], value)
            if found is not _UNKNOWN:
                return plain(found, where, depth + 1)
    found = _of_standard_library(value)
    if found is not _UNKNOWN:
        return plain(found, where, depth + 1)
    for method in _BY_METHOD:
        convertible = getattr(value, method, None)
        if callable(convertible) and not isinstance(value, type):
            return plain(convertible(), where, depth + 1)
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    raise BadResult(f"{where} is {'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}, which JSON cannot hold")


_UNKNOWN: Any = object()


def _of_standard_library(value: Any) -> Any:
    if isinstance(value, (int, str)):
        return int(value) if isinstance(value, int) else str.__str__(value)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, decimal.Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if isinstance(value, (uuid.UUID, pathlib.PurePath)):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode()
    if isinstance(value, range):
        return list(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return _UNKNOWN


def _of_numpy(numpy: Any, value: Any) -> Any:
    if not _is(value, numpy, "ndarray", "generic"):
        return _UNKNOWN
    if _is(value, numpy.ma, "MaskedArray"):
        return value.tolist()
    array = numpy.asarray(value)
    if array.dtype.kind in "Mm":
        # Nanoseconds come out of tolist() as bare integers; microseconds as dates.
        array = array.astype("datetime64[us]" if array.dtype.kind == "M" else "timedelta64[us]")
    if array.dtype.kind == "c":
        return {"real": array.real, "imag": array.imag}
    if array.dtype.kind == "f":
        finite = numpy.isfinite(array)
        array = array if finite.all() else numpy.where(finite, array.astype(object), None)
    return array.tolist()


def _of_pandas(pandas: Any, value: Any) -> Any:
    if value is getattr(pandas, "NA", _UNKNOWN) or value is getattr(pandas, "NaT", _UNKNOWN):
        return None
    if _is(value, pandas, "DataFrame"):
        if not value.columns.is_unique:
            raise BadResult("the answer is a DataFrame with two columns of one name, which JSON cannot hold")
        return value.to_dict(orient="records")
    if _is(value, pandas, "Series", "Index", "Categorical"):
        return list(value)
    return str(value) if _is(value, pandas, "Period", "Interval") else _UNKNOWN


def _is(value: Any, library: Any, *names: str) -> bool:
    """A library that is still being imported may not have its classes yet."""
    return isinstance(value, tuple(getattr(library, name) for name in names if hasattr(library, name)))


def _object(value: dict[Any, Any], where: str, depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, item in value.items():
        name = key if isinstance(key, str) else _name(plain(key, f"a key of {where}", depth + 1), where)
        if name in made:
            raise BadResult(f"{where} has two keys that are {name!r} in JSON")
        made[name] = plain(item, f"{where}[{json.dumps(name)}]", depth + 1)
    return made


def _name(key: Any, where: str) -> str:
    if isinstance(key, (list, dict)):
        raise BadResult(f"{where} has a key that is no text, number or date, and JSON's keys are text")
    return key if isinstance(key, str) else json.dumps(key)


def _steady(values: Any) -> list[Any]:
    """A set in an order that is the same in every process."""
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=repr)
