"""JSON -> arrays as the sample had them: dtype and dimensions.

numpy is that of the model's own environment, imported when first needed.
"""

from __future__ import annotations

import math
from typing import Any

from . import columns, spans
from .faults import BadInput
from .scalars import INFINITIES, bounds, spoken, unbase64

_ENDLESS = frozenset(INFINITIES.values())


def ndarray(given: Any, parameter: dict[str, Any]) -> Any:
    """Return an array of the sample's dtype from lists nested as deep; a dimension without a length may have any.

    Whole numbers that ``widens`` allows to be any become float64 where one of them has a fraction.
    """
    numpy = columns.library("numpy")
    dtype, ndim = parameter["dtype"], parameter["ndim"]
    if dtype.startswith("complex") and isinstance(given, dict):
        real, imaginary = (ndarray(given.get(part), {**parameter, "dtype": "float64"}) for part in ("real", "imag"))
        if real.shape != imaginary.shape:
            raise BadInput(f"real has the shape {real.shape}, and imag {imaginary.shape}")
        made = real.astype(dtype)
        made.imag = imaginary
        return made
    array = _numbers_at_once(numpy, given, dtype, ndim)
    if array is None and parameter.get("widens") and _has_fraction(given):
        return ndarray(given, {**parameter, "dtype": "float64", "widens": False})
    if array is None:
        shape = _shape(given, ndim, "the body")
        _check_cells(given, dtype, "the body")
        try:
            if dtype == "object":
                return _checked(_objects(numpy, given, shape, parameter), parameter)
            array = numpy.array(_read(given, dtype), dtype=_unbounded(dtype)).reshape(shape)
        except (TypeError, ValueError, OverflowError) as error:
            raise BadInput(f"is no array of {dtype}: {error}") from error
    return _checked(array, parameter)


def _checked(array: Any, parameter: dict[str, Any]) -> Any:
    sampled = list(parameter.get("shape") or [])
    if array.shape[:1] == (0,) and len(sampled) == array.ndim:
        return array.reshape((0, *(length or 0 for length in sampled[1:])))
    for axis in range(1, min(array.ndim, len(sampled))):
        if sampled[axis] is not None and array.shape[axis] != sampled[axis]:
            raise BadInput(f"expected {sampled[axis]} values in dimension {axis + 1}, got {array.shape[axis]}")
    return array


def _has_fraction(given: Any) -> bool:
    """Tell whether nested lists hold numbers alone, and one of them has a fraction."""
    flat = _flat(given)
    return all(map(_is_finite, flat)) and any(cell != int(cell) for cell in flat)


def _is_finite(cell: Any) -> bool:
    return type(cell) is int or (type(cell) is float and math.isfinite(cell))


def _flat(given: Any) -> list[Any]:
    return [cell for item in given for cell in _flat(item)] if isinstance(given, list) else [given]


def _objects(numpy: Any, given: Any, shape: tuple[int, ...], parameter: dict[str, Any]) -> Any:
    """Fill an array of objects cell by cell: lists as such would become dimensions of it."""
    made = numpy.empty(shape, dtype=object)
    cells = _cells(given, len(shape))
    made.reshape(-1)[:] = columns.objects(cells, parameter, "cell")
    return made


def _cells(given: Any, depth: int) -> list[Any]:
    return [cell for item in given for cell in _cells(item, depth - 1)] if depth else [given]


def _unbounded(dtype: str) -> str:
    """Return a dtype of text or bytes without the sample's length: a longer one would be cut off in silence."""
    return dtype[1] if dtype[1:2] in ("U", "S") else dtype


def _read(given: Any, dtype: str) -> Any:
    """Return nested cells with those that JSON has as text read: durations, and bytes."""
    read = spans.read if dtype.startswith("timedelta64") else unbase64 if dtype[1:2] == "S" else None
    if read is None:
        return given
    return [_read(item, dtype) for item in given] if isinstance(given, list) else read(given)


def _numbers_at_once(numpy: Any, given: Any, dtype: str, ndim: int) -> Any:
    """Return the array where plain numbers fit without a doubt; None: look at each cell, to name the one at fault."""
    try:
        read = numpy.array(given)
        if read.ndim != ndim or not read.size or read.dtype.kind not in "iuf":
            return None
        if read.dtype.kind == "f" and not dtype.startswith("float") and not numpy.isfinite(read).all():
            return None
        made = read.astype(dtype)
    except (TypeError, ValueError, OverflowError):
        return None
    return made if made.dtype.kind == "f" or (made.dtype.kind in "iu" and (made == read).all()) else None


def _shape(given: Any, ndim: int, where: str) -> tuple[int, ...]:
    """Return the shape of nested lists that have that many dimensions everywhere; else say where they do not."""
    if ndim == 0:
        if isinstance(given, list):
            raise BadInput(f"{where} is a list, and a number is expected there")
        return ()
    if not isinstance(given, list):
        raise BadInput(f"{where} is {spoken(given)}, and a list is expected")
    shapes = [_shape(item, ndim - 1, f"{where}[{at}]") for at, item in enumerate(given)]
    for at, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise BadInput(f"{where}[{at}] has {shape[0]} values, and {where}[0] has {shapes[0][0]}")
    return (len(given), *(shapes[0] if shapes else (0,) * (ndim - 1)))


def _check_cells(given: Any, dtype: str, where: str) -> None:
    """Name the first cell that is no value of a number's dtype."""
    if isinstance(given, list):
        for at, item in enumerate(given):
            _check_cells(item, dtype, f"{where}[{at}]")
    elif not _fits(given, dtype):
        raise BadInput(f"{where} is {given!r:.60}, and {dtype} is expected")


def _fits(cell: Any, dtype: str) -> bool:
    if dtype[1:2] in ("U", "S"):
        return isinstance(cell, str)
    if dtype == "bool":
        return isinstance(cell, (bool, int)) and cell in (0, 1)
    if dtype.startswith("float"):
        return cell is None or cell in _ENDLESS or isinstance(cell, (int, float))
    if not dtype.startswith(("int", "uint")):
        return True
    low, high = bounds(dtype)
    whole = isinstance(cell, int) or (isinstance(cell, float) and cell.is_integer())
    return whole and low <= cell <= high
