"""JSON or CSV -> DataFrame, Series and ndarray as the sample had them: columns, order and dtypes restored.

pandas and numpy are those of the model's own environment, imported when first needed.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import io
from typing import Any

from . import columns, spans
from .faults import BadInput
from .values import named


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


def dataframe(given: Any, parameter: dict[str, Any]) -> Any:
    """Return a DataFrame from records, a dict of columns, a list of rows, or pandas' own "split" form."""
    wanted = parameter["columns"]
    by_column, rows = _by_column(given, [named(column["name"]) for column in wanted])
    return _frame(by_column, rows, wanted)


def from_csv(text: str, parameter: dict[str, Any]) -> Any:
    """Return a DataFrame from CSV text whose first line names the columns."""
    pandas = columns.library("pandas")
    wanted = parameter["columns"]
    try:
        read = pandas.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, na_values=[""])
    except (ValueError, pandas.errors.ParserError) as error:
        raise BadInput(f"the body is neither JSON nor CSV: {error}", status=400) from error
    by_column = {str(name): [None if cell != cell else cell for cell in read[name]] for name in read.columns}
    names = [named(column["name"]) for column in wanted]
    extra = [name for name in by_column if name not in names]
    if len(extra) == 1 and (extra[0].startswith("Unnamed: 0") or extra[0] == "index"):
        # The index that to_csv() writes when nobody says otherwise.
        del by_column[extra[0]]
    _check_names(list(by_column), names)
    return _frame(by_column, len(read), wanted)


def series(given: Any, parameter: dict[str, Any]) -> Any:
    """Return a Series from a list, or from an object of index to value."""
    pandas = columns.library("pandas")
    values = list(given.values()) if isinstance(given, dict) else given
    if not isinstance(values, list):
        raise BadInput(f"expected a list, not {spoken(given)}")
    name = parameter.get("series_name", parameter.get("name"))
    return pandas.Series(columns.restored(values, parameter, "position"), name=name)


def ndarray(given: Any, parameter: dict[str, Any]) -> Any:
    """Return an array of the sample's dtype from lists nested as deep; the first dimension may be longer or shorter."""
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
    if array is None:
        shape = _shape(given, ndim, "the body")
        _check_cells(given, dtype, "the body")
        try:
            array = numpy.array(_read(given, dtype), dtype=_unbounded(dtype)).reshape(shape)
        except (TypeError, ValueError, OverflowError) as error:
            raise BadInput(f"is no array of {dtype}: {error}") from error
    sampled = list(parameter.get("shape") or [])
    if given == [] and len(sampled) == ndim:
        return array.reshape((0, *(length or 0 for length in sampled[1:])))
    for axis in range(1, min(ndim, len(sampled))):
        if sampled[axis] is not None and array.shape[axis] != sampled[axis]:
            raise BadInput(f"expected {sampled[axis]} values in dimension {axis + 1}, got {array.shape[axis]}")
    return array


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
        made = read.astype(dtype)
    except (TypeError, ValueError, OverflowError):
        return None
    return made if made.dtype.kind == "f" or (made.dtype.kind in "iu" and (made == read).all()) else None


def _by_column(given: Any, names: list[str]) -> tuple[dict[str, list[Any]], int]:
    if isinstance(given, dict) and set(given) >= {"columns", "data"} and isinstance(given["data"], list):
        return _rows(given["data"], [named(name) for name in given["columns"]], names)
    if isinstance(given, dict):
        _check_names(list(given), names)
        lists = {name: list(cells.values()) if isinstance(cells, dict) else cells for name, cells in given.items()}
        return _same_length({name: cells if isinstance(cells, list) else [cells] for name, cells in lists.items()})
    if not isinstance(given, list):
        raise BadInput(f"expected rows (a list of objects), not {spoken(given)}")
    if all(isinstance(row, list) for row in given):
        return _rows(given, names, names)
    for number, row in enumerate(given):
        if not isinstance(row, dict):
            raise BadInput(f"row {number} is {spoken(row)}, and the row before it is not")
        _check_names(list(row), names, f"row {number}: ")
    return {name: [row[name] for row in given] for name in names}, len(given)


def _rows(rows: list[Any], order: list[str], names: list[str]) -> tuple[dict[str, list[Any]], int]:
    _check_names(order, names)
    for number, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(order):
            has = f"has {len(row)} values" if isinstance(row, list) else f"is {spoken(row)}"
            raise BadInput(f"row {number} {has}, and the columns are {len(order)}: {', '.join(order)}")
    return {name: [row[at] for row in rows] for at, name in enumerate(order)}, len(rows)


def _same_length(by_column: dict[str, list[Any]]) -> tuple[dict[str, list[Any]], int]:
    lengths = {name: len(cells) for name, cells in by_column.items()}
    first = next(iter(lengths.values()), 0)
    for name, length in lengths.items():
        if length != first:
            raise BadInput(f"column {name!r} has {length} values, and the first column {first}")
    return by_column, first


def _check_names(given: list[str], names: list[str], where: str = "") -> None:
    missing = [name for name in names if name not in given]
    strange = [name for name in given if name not in names]
    if missing:
        near = difflib.get_close_matches(missing[0], strange, n=1)
        hint = f" (there is {near[0]!r})" if near else ""
        raise BadInput(f"{where}column {missing[0]!r} is missing{hint}; the columns are {', '.join(names)}")
    if strange:
        raise BadInput(f"{where}column {strange[0]!r} is not one of the model's: {', '.join(names)}")


def _frame(by_column: dict[str, list[Any]], rows: int, wanted: list[dict[str, Any]]) -> Any:
    pandas = columns.library("pandas")
    made = {}
    for at, column in enumerate(wanted):
        name = named(column["name"])
        made[at] = columns.restored(by_column[name], column, f"column {name!r}, row")
    frame = pandas.DataFrame(made, index=range(rows))
    frame.columns = pandas.Index([column["name"] for column in wanted])
    return frame


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
    return not dtype.startswith(("float", "int", "uint")) or _is_number(cell, integral=not dtype.startswith("float"))


def _is_number(cell: Any, *, integral: bool) -> bool:
    if cell is None:
        return not integral
    if isinstance(cell, float):
        return not integral or cell.is_integer()
    return isinstance(cell, int)
