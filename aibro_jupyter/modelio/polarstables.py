"""JSON -> polars: tables and columns as the sample had them."""

from __future__ import annotations

from typing import Any

from . import columns, scalars, spans, tables
from .faults import BadInput
from .scalars import spoken


def dataframe(given: Any, parameter: dict[str, Any]) -> Any:
    """Return a polars DataFrame from records, columns or rows."""
    polars = columns.library("polars")
    wanted = parameter["columns"]
    by_column, _ = tables.by_column(given, [str(column["name"]) for column in wanted])
    made = [
        _series(by_column[column["name"]], column, column["name"], f"column {column['name']!r}") for column in wanted
    ]
    return polars.DataFrame(made)


def series(given: Any, parameter: dict[str, Any]) -> Any:
    """Return a polars Series from a list."""
    if not isinstance(given, list):
        raise BadInput(f"expected a list, not {spoken(given)}")
    return _series(given, parameter, str(parameter.get("series_name") or ""), "the body")


def _series(cells: list[Any], column: dict[str, Any], name: str, where: str) -> Any:
    polars = columns.library("polars")
    dtype = _dtype(polars, column)
    if dtype.is_float():
        cells = [scalars.read(cell, "float") if isinstance(cell, str) else cell for cell in cells]
    try:
        if dtype.is_temporal():
            read = polars.Series(name, cells, dtype=polars.String if any(isinstance(c, str) for c in cells) else None)
            return _moments(polars, read, dtype)
        if dtype == polars.Categorical:
            return polars.Series(name, cells, dtype=polars.String).cast(dtype)
        return polars.Series(name, cells, dtype=dtype, strict=True)
    except (TypeError, ValueError, OverflowError, polars.exceptions.PolarsError) as error:
        raise BadInput(f"{where} is no {column['dtype']}: {str(error).splitlines()[0]:.120}") from error


def _moments(polars: Any, read: Any, dtype: Any) -> Any:
    if dtype == polars.Date:
        return read.str.to_date(strict=True)
    if dtype == polars.Time:
        return read.str.to_time(strict=True)
    if dtype == polars.Duration:
        return polars.Series(read.name, list(map(spans.read, read)), dtype=dtype)
    zone = getattr(dtype, "time_zone", None)
    made = read.str.to_datetime(time_unit=dtype.time_unit, time_zone="UTC" if zone else None, strict=True)
    return made.dt.convert_time_zone(zone) if zone else made


def _dtype(polars: Any, column: dict[str, Any]) -> Any:
    kind = getattr(polars, str(column["dtype"]))
    words = {word: column[word] for word in ("time_unit", "time_zone", "precision", "scale") if word in column}
    return kind(**words)
