"""CSV -> DataFrame, whoever wrote it: pandas, Excel (with ; and decimal commas), or R (TRUE, NA)."""

from __future__ import annotations

import io
import re
from typing import Any

from . import columns, tables
from .faults import BadInput
from .values import named

_SEPARATORS = (",", ";", "\t", "|")
_ABSENT = frozenset({"NA", "#N/A", "N/A", "NaN", "nan", "NULL", "null"})
"""How R, Excel, pandas and databases write a cell that is missing; of a text it may be the text itself."""
_WITH_COMMA = re.compile(r"\s*[-+]?\d+,\d+(?:[eE][-+]?\d+)?\s*")
_MAYBE_THOUSANDS = re.compile(r"\s*[-+]?[1-9]\d{0,2},\d{3}\s*")


def dataframe(text: str, parameter: dict[str, Any]) -> Any:
    """Return a DataFrame from CSV text whose first line names the columns."""
    pandas = columns.library("pandas")
    wanted = parameter["columns"]
    names = [named(column["name"]) for column in wanted]
    keys = [level["key"] for level in parameter.get("index", ())]
    separator = _separator(text, names)
    try:
        read = pandas.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, na_values=[""], sep=separator)
    except (ValueError, pandas.errors.ParserError) as error:
        raise BadInput(f"the body is neither JSON nor CSV: {error}", status=400) from error
    found = {str(name): [None if cell != cell else cell for cell in read[name]] for name in read.columns}
    extra = [name for name in found if name not in names and name not in keys]
    if len(extra) == 1 and (extra[0].startswith("Unnamed: 0") or extra[0] == "index"):
        # The index that to_csv() writes when nobody says otherwise.
        index = found.pop(extra[0])
        if len(keys) == 1:
            found[keys[0]] = index
    joined = len(read) == 0 and "\n" not in text.strip() and text.lstrip('" ').startswith(tuple(names))
    if joined and not set(found) >= set(names):
        raise BadInput(
            "the body is one line, and a CSV's first line names the columns: curl -d joins the lines of a file, "
            "--data-binary @FILE sends it as it is",
            status=400,
        )
    tables.check_names(list(found), names, keys)
    for column in [*wanted, *({**level, "name": level["key"]} for level in parameter.get("index", ()))]:
        name = named(column["name"])
        if name in found:
            found[name] = _cells(found[name], column, name, commas=separator != ",")
    return tables.frame(found, len(read), parameter)


def _separator(text: str, names: list[str]) -> str:
    """Return what stands between the columns: that under which the first line has most of their names."""
    first = text.lstrip().partition("\n")[0].strip()

    def fitting(separator: str) -> int:
        return len({cell.strip().strip('"') for cell in first.split(separator)} & set(names))

    return max(_SEPARATORS, key=fitting)


def _cells(cells: list[Any], column: dict[str, Any], name: str, *, commas: bool) -> list[Any]:
    dtype = str(column.get("dtype", "object")).lower()
    if dtype == "category":
        known = {str(one) for one in column.get("categories") or ()}
        return [None if cell in _ABSENT and cell not in known else cell for cell in cells]
    if dtype in ("object", "str") or dtype.startswith("string"):
        return cells
    cells = [None if cell in _ABSENT else cell for cell in cells]
    return _with_points(cells, name) if commas and dtype.startswith(("float", "int", "uint")) else cells


def _with_points(cells: list[Any], name: str) -> list[Any]:
    """Return numbers with decimal commas as numbers with points; one that may mean thousands is refused."""
    with_comma = [cell for cell in cells if isinstance(cell, str) and _WITH_COMMA.fullmatch(cell)]
    if not with_comma:
        return cells
    if all(_MAYBE_THOUSANDS.fullmatch(cell) for cell in with_comma):
        raise BadInput(f"column {name!r}: {with_comma[0]!r} may be a fraction or thousands; write numbers with a point")
    return [cell.replace(",", ".") if cell in with_comma else cell for cell in cells]
