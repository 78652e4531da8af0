"""A value -> JSON: one table for what a model is asked and for what it answers.

numpy and pandas become numbers, lists and records; dates ISO 8601 text; Decimal a number; bytes base64 text; sets
lists in order; pydantic models, attrs and dataclasses objects; keys the text JSON has for them (true, null, 2.5); NaN
and NaT null, for JSON has none.

A question differs from an answer, for they are read differently. A row of a table (a Series under column names) is an
object, since the model takes it by column, and labels of rows that say something go along in pandas' own "split" form;
in an answer every Series is a list and every DataFrame records, whatever their index holds that day, but for those
that the sample's answer had under labels (labels.py). A duration is ISO 8601 text, since a bare number of a question
means milliseconds, as pandas writes them; in an answer it is seconds. An infinity is the text Infinity, which the
model's side reads, and in an answer null. A Decimal is text with all its digits, and in an answer a number. Only an
answer's media type names the kind of table: of a question aibro.json does.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import enum
import json
import math
import pathlib
import sys
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from . import forms, labels
from .faults import BadValue
from .labels import Labelled
from .scalars import INFINITIES
from .spans import spelled

DEEPEST = 200
"""Chosen: far below Python's own limit of recursion, which is 1,000."""
_BY_METHOD = ("tolist", "to_list", "to_dicts", "numpy", "isoformat")
_UNKNOWN: Any = object()
_WRITE = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_WRITE_ASCII = json.JSONEncoder(allow_nan=False).encode


def encoded(value: Any, where: str = "answer", *, question: bool = False, labelled: Labelled | None = None) -> bytes:
    """Return the JSON of a value in UTF-8; what has none raises ``BadValue`` with its type and where it is.

    ``labelled`` says of which tables of an answer the labels are kept.
    """
    made = value
    if not forms.is_json(value, DEEPEST):
        made = Encoder(question=question, labelled=labelled).plain(value, where, 0)
    try:
        return _WRITE(made).encode()
    except UnicodeEncodeError:
        return _WRITE_ASCII(made).encode()


def plain(value: Any, where: str = "answer", *, question: bool = False) -> Any:
    """Return a value made of dict, list, str, int, float, bool and None alone; ``where`` names it in a complaint."""
    return Encoder(question=question).plain(value, where, 0)


def media_type(value: Any, labelled: Labelled | None = None) -> str:
    """Return the media type of an answer; it also says for our client which kind of table or array the JSON was.

    Of a table with labels it names their columns, or says that it is an object by label.
    """
    kinds = (("pandas", "DataFrame"), ("pandas", "Series"), ("numpy", "ndarray"))
    found = (
        name.lower() for library, name in kinds if library in sys.modules and _is(value, sys.modules[library], name)
    )
    kind = next(found, "")
    if not kind:
        return "application/json"
    kept = (labelled or {}).get("answer") if kind != "ndarray" else None
    said = "" if kept is None else f"; labels={quote(kept if kept == labels.OBJECT else json.dumps(kept), safe='')}"
    return f"application/json; kind={kind}{said}"


def table_kind(content_type: str) -> tuple[str, Any]:
    """Return which table an answer of that media type was, and its labels.

    The first is dataframe, series, ndarray, or empty; the second None, ``"object"``, or the names of label columns.
    """
    said = dict(part.strip().partition("=")[::2] for part in content_type.split(";")[1:])
    kept = unquote(said.get("labels", ""))
    try:
        return said.get("kind", ""), kept if kept == labels.OBJECT else json.loads(kept) if kept else None
    except ValueError:
        return said.get("kind", ""), None


def is_row(value: Any) -> bool:
    """Tell whether a value is a row of a DataFrame: a Series under column names."""
    if "pandas" not in sys.modules or not _is(value, sys.modules["pandas"], "Series") or not len(value):
        return False
    return all(isinstance(key, str) for key in value.index) and bool(value.index.is_unique)


class Encoder:
    """The table, read for questions or for answers."""

    def __init__(self, *, question: bool, labelled: Labelled | None = None) -> None:
        self._question = question
        self._labelled = labelled or {}

    def labels(self, table: Any, where: str) -> Any:  # noqa: ARG002 - who chooses them looks at the table
        """Return what the labels of an answer's table become: None, ``"object"``, or the names of columns."""
        return self._labelled.get(labels.place(where))

    def plain(self, value: Any, where: str, depth: int) -> Any:
        """Return a value made of dict, list, str, int, float, bool and None; what cannot be raises ``BadValue``."""
        if type(value) in forms.AS_THEY_ARE:
            return value
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else self._endless(value)
        if depth > DEEPEST:
            raise BadValue(f"{where[:80]}… is nested more than {DEEPEST} deep (does it hold itself?)")
        if type(value) is list:
            return self._list(value, where, depth)
        if isinstance(value, enum.Enum):
            return self.plain(value.value, where, depth + 1)
        if isinstance(value, dict):
            return self._object(value, where, depth)
        if isinstance(value, (list, tuple)):
            return self._list(value, where, depth)
        if isinstance(value, (set, frozenset)):
            return [self.plain(item, f"{where}{{}}", depth + 1) for item in forms.in_order(value)]
        return self._special(value, where, depth)

    def _list(self, value: list[Any] | tuple[Any, ...], where: str, depth: int) -> list[Any]:
        kinds = set(map(type, value))
        if kinds <= forms.AS_THEY_ARE or (kinds == forms.FLOAT and all(map(math.isfinite, value))):
            return list(value)
        # Where an item is only matters if it is more than a number or text: most are no more.
        return [
            item
            if type(item) in forms.AS_THEY_ARE or (type(item) is float and math.isfinite(item))
            else self.plain(item, f"{where}[{at}]", depth + 1)
            for at, item in enumerate(value)
        ]

    def _special(self, value: Any, where: str, depth: int) -> Any:
        for library, convert in (("numpy", self._of_numpy), ("pandas", self._of_pandas)):
            if library in sys.modules:
                found = convert(sys.modules[library], value, where)
                if found is not _UNKNOWN:
                    return self.plain(found, where, depth + 1)
        if self._question and "polars" in sys.modules and _is(value, sys.modules["polars"], "DataFrame", "Series"):
            return self.plain(forms.with_nan(value), where, depth + 1)
        found = self._of_standard_library(value)
        if found is not _UNKNOWN:
            return self.plain(found, where, depth + 1)
        if isinstance(value, Mapping):
            return self._object(value, where, depth)
        if not isinstance(value, type):
            for method in _BY_METHOD:
                convertible = getattr(value, method, None)
                if callable(convertible):
                    return self.plain(convertible(), where, depth + 1)
            if callable(getattr(value, "toarray", None)):
                return self.plain(forms.triples(value) if self._question else value.toarray(), where, depth + 1)
            if hasattr(value, "columns") and callable(getattr(value, "to_dict", None)):
                return self.plain(value.to_dict(orient="records"), where, depth + 1)
        raise BadValue(f"{where} is {forms.type_of(value)}, which JSON cannot hold")

    def _finite(self, cells: list[Any]) -> list[Any]:
        return [
            self._finite(cell) if isinstance(cell, list) else cell if math.isfinite(cell) else self._endless(cell)
            for cell in cells
        ]

    def _endless(self, value: float) -> str | None:
        return INFINITIES.get(float(value)) if self._question else None

    def _of_standard_library(self, value: Any) -> Any:
        if isinstance(value, (int, str)):
            return int(value) if isinstance(value, int) else str.__str__(value)
        if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
            return value.isoformat()
        if isinstance(value, datetime.timedelta):
            return spelled(value) if self._question else value.total_seconds()
        if isinstance(value, decimal.Decimal):
            if self._question:
                return str(value)  # as a number it would be cut to what a float holds
            if not value.is_finite():
                return None
            return int(value) if value == value.to_integral_value() else float(value)
        if isinstance(value, (uuid.UUID, pathlib.PurePath)):
            return str(value)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return base64.b64encode(value).decode()
        if isinstance(value, range):
            return list(value)
        by_field = forms.by_field(value)
        return _UNKNOWN if by_field is None else by_field

    def _of_numpy(self, numpy: Any, value: Any, where: str) -> Any:
        if not _is(value, numpy, "ndarray", "generic"):
            return _UNKNOWN
        if _is(value, numpy.ma, "MaskedArray"):
            return value.tolist()
        array = numpy.asarray(value)
        if array.dtype.kind in "Mm":
            # Nanoseconds come out of tolist() as bare integers; microseconds as dates.
            try:
                array = array.astype("datetime64[us]" if array.dtype.kind == "M" else "timedelta64[us]")
            except (TypeError, ValueError, OverflowError):
                raise BadValue(f"{where} is {array.dtype}, which is no span of time of one length") from None
        if array.dtype.kind == "c":
            return {"real": array.real, "imag": array.imag}
        if array.dtype.kind == "f":
            # A float that is longer than Python's own comes out of tolist() as it went in.
            array = array.astype("float64") if array.dtype.itemsize > 8 else array
            finite = numpy.isfinite(array)
            if not finite.all():
                return self._endless(float(array)) if array.ndim == 0 else self._finite(array.tolist())
        return array.tolist()

    def _of_pandas(self, pandas: Any, value: Any, where: str) -> Any:
        if value is getattr(pandas, "NA", _UNKNOWN) or value is getattr(pandas, "NaT", _UNKNOWN):
            return None
        if _is(value, pandas, "DataFrame"):
            return self._frame(value, where)
        if self._question and is_row(value):
            return dict(zip(value.index, value.tolist()))  # noqa: B905 - strict= is younger than some models' Pythons
        if _is(value, pandas, "Series"):
            return self._series(value, where)
        if _is(value, pandas, "Index", "Categorical"):
            return list(value)
        return str(value) if _is(value, pandas, "Period", "Interval") else _UNKNOWN

    def _frame(self, frame: Any, where: str) -> Any:
        names = list(frame.columns)
        if not frame.columns.is_unique:
            raise BadValue(f"{where} is a DataFrame with two columns of one name, which JSON cannot hold")
        columns = [frame.iloc[:, at].tolist() for at in range(len(names))]
        if self._question and not labels.is_default(frame.index):
            rows = [list(cells) for cells in zip(*columns)] if names else [[] for _ in frame.index]  # noqa: B905
            return {"columns": names, "index": frame.index.tolist(), "data": rows}
        kept = None if self._question else self.labels(frame, where)
        if kept and kept != labels.OBJECT:
            columns = [*forms.levels(frame.index), *columns]
            names = [*kept, *names]
            if len({*map(str, names)}) < len(names) or len(names) != len(columns):
                raise BadValue(f"{where} has the row labels {', '.join(kept)}, and columns of that name")
        return [dict(zip(names, cells)) for cells in zip(*columns)]  # noqa: B905 - as above

    def _series(self, series: Any, where: str) -> Any:
        if self._question:
            default = labels.is_default(series.index)
            return series.tolist() if default else {"index": series.index.tolist(), "data": series.tolist()}
        kept = self.labels(series, where)
        if kept is None:
            return series.tolist()
        if kept == labels.OBJECT:
            if not labels.as_object(series.index):
                raise BadValue(f"{where} is a Series with the same label twice, and its sample was an object by label")
            return dict(zip(series.index.tolist(), series.tolist()))  # noqa: B905 - as above
        columns = [*forms.levels(series.index), series.tolist()]
        return [dict(zip(kept, cells)) for cells in zip(*columns)]  # noqa: B905 - as above

    def _object(self, value: Mapping[Any, Any], where: str, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, item in value.items():
            name = key if type(key) is str else named(self.plain(key, f"a key of {where}", depth + 1), where)
            if name in made:
                raise BadValue(f"{where} has two keys that are {name!r} in JSON")
            if type(item) in forms.AS_THEY_ARE:
                made[name] = item
            else:
                made[name] = self.plain(item, f"{where}[{json.dumps(name)}]", depth + 1)
        return made


def named(key: Any, where: str = "it") -> str:
    """Return the text that JSON has for a key: a column called 3 is "3" in a record."""
    if isinstance(key, (list, dict)):
        raise BadValue(f"{where} has a key that is no text, number or date, and JSON's keys are text")
    return key if isinstance(key, str) else json.dumps(key)


def _is(value: Any, library: Any, *names: str) -> bool:
    """A library that is still being imported may not have its classes yet."""
    return isinstance(value, tuple(getattr(library, name) for name in names if hasattr(library, name)))
