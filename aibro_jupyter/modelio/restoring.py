"""Decoded JSON -> the value that a parameter's description in aibro.json means."""

from __future__ import annotations

from typing import Any, Callable  # noqa: UP035 - collections.abc.Callable[[Any], Any] is younger than Python 3.9.2

from . import arrays, columns, polarstables, scalars, sparsematrices, tables
from .faults import BadInput
from .scalars import spoken, unbase64

Parameter = dict[str, Any]
_LIKE_LISTS: dict[str, Callable[[Any], Any]] = {
    "tuple": tuple, "set": set, "frozenset": frozenset, "range": lambda given: _range(given)
}  # fmt: skip


_WITH_NULL = frozenset({"float", "scalar", "timestamp", "timedelta", "period"})
"""Kinds that have a value of their own for null; inside an object or a list any other is None."""


def restored(given: Any, parameter: Parameter) -> Any:
    """Return the value; JSON that does not fit raises ``BadInput`` with the place in it."""
    kind = parameter["kind"]
    if scalars.is_kind(kind):
        return scalars.read(given, kind)
    if kind in _RESTORERS:
        return _RESTORERS[kind](given, parameter)
    raise BadInput(f"the model takes a {kind}, which this version of aibro_jupyter cannot make", status=400)


def _text(given: Any, _parameter: Parameter) -> str:
    if not isinstance(given, str):
        raise BadInput(f"expected text, not {spoken(given)}")
    return given


def _bytes(given: Any, parameter: Parameter) -> Any:
    made = unbase64(given)
    return bytearray(made) if parameter.get("as") == "bytearray" else made


def _json(given: Any, parameter: Parameter) -> Any:
    if parameter.keys() <= {"kind", "name", "default"}:
        return given
    if parameter.get("keys") == "int":
        return _by_number(given, parameter)
    if "fields" in parameter:
        return _object(given, parameter["fields"])
    if not isinstance(given, list):
        raise BadInput(f"expected a list, not {spoken(given)}")
    made = [_inside(item, _of(parameter, at, len(given)), f"[{at}]") for at, item in enumerate(given)]
    try:
        return _LIKE_LISTS.get(parameter.get("as", ""), list)(made)
    except TypeError as error:
        raise BadInput(f"cannot be a {parameter['as']}: {error}") from error


def _of(parameter: Parameter, at: int, length: int) -> Parameter:
    items = parameter.get("items", {"kind": "json"})
    if isinstance(items, dict):
        return items
    if length != len(items):
        raise BadInput(f"expected a list of {len(items)}, not of {length}")
    return dict(items[at])


def _object(given: Any, fields: dict[str, Parameter]) -> Any:
    if not isinstance(given, dict):
        raise BadInput(f"expected an object with {', '.join(fields)}, not {spoken(given)}")
    return {key: _inside(item, fields[key], f"[{key!r}]") if key in fields else item for key, item in given.items()}


def _by_number(given: Any, parameter: Parameter) -> Any:
    if not isinstance(given, dict):
        raise BadInput(f"expected an object whose keys are numbers, not {spoken(given)}")
    values = parameter.get("values", {"kind": "json"})
    try:
        return {int(key): _inside(item, values, f"[{key}]") for key, item in given.items()}
    except ValueError as error:
        raise BadInput(f"a key is no whole number: {error}") from error


def _inside(given: Any, parameter: Parameter, where: str) -> Any:
    if given is None and parameter["kind"] not in _WITH_NULL:
        return None
    try:
        return restored(given, parameter)
    except BadInput as fault:
        raise BadInput(f"{where}: {fault}".replace(f"{where}: [", f"{where}["), status=fault.status) from fault


def _range(given: list[Any]) -> range:
    if not all(type(one) is int for one in given):
        raise TypeError("not all are whole numbers")
    if len(given) < 2:
        return range(given[0], given[0] + 1) if given else range(0)
    made = range(given[0], given[-1] + (1 if given[1] > given[0] else -1), (given[1] - given[0]) or 1)
    if list(made) != given:
        raise TypeError("the steps between them differ")
    return made


def _scalar(given: Any, parameter: Parameter) -> Any:
    return scalars.numpy_scalar(given, parameter["dtype"])


def _pandas_one(given: Any, parameter: Parameter) -> Any:
    pandas = columns.library("pandas")
    if given is None:
        return pandas.NaT
    try:
        if parameter["kind"] == "timestamp":
            made = pandas.Timestamp(given)
            return made.tz_convert(parameter["tz"]) if "tz" in parameter else made
        return pandas.Timedelta(given) if parameter["kind"] == "timedelta" else pandas.Period(given, parameter["freq"])
    except (TypeError, ValueError) as error:
        raise BadInput(f"{given!r:.60} is no {parameter['kind']}") from error


_RESTORERS: dict[str, Callable[[Any, Parameter], Any]] = {
    "json": _json,
    "text": _text,
    "bytes": _bytes,
    "scalar": _scalar,
    "dataframe": tables.dataframe,
    "series": tables.series,
    "row": tables.row,
    "ndarray": arrays.ndarray,
    "timestamp": _pandas_one,
    "timedelta": _pandas_one,
    "period": _pandas_one,
    "polars": polarstables.dataframe,
    "polars-series": polarstables.series,
    "sparse": sparsematrices.restored,
}
