"""The sample: what the API takes, as aibro.json says it to the slot, and the body that a client would post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aibro_jupyter.capturing.gathering.target import Target
from aibro_jupyter.capturing.values.guards import is_frame
from aibro_jupyter.capturing.values.reach import type_name
from aibro_jupyter.errors import CaptureError
from aibro_jupyter.modelio.bodies import Body, body_of, content_type_of, file_name_of, kind_of
from aibro_jupyter.modelio.faults import BadValue
from aibro_jupyter.modelio.values import is_row, named, plain

_CELLS = frozenset("biufcmMUS")
"""Kinds of numpy's dtypes whose cells JSON holds: numbers, truths, times, text and bytes."""


@dataclass(kw_only=True)
class Inputs:
    """The free parameters, those bound to globals, and the samples by parameter name."""

    parameters: list[dict[str, Any]] = field(default_factory=list)
    whole: bool = True
    """The body is the one parameter's value; else a JSON object by parameter name."""
    bound: dict[str, Any] = field(default_factory=dict)
    """Parameters that notebook globals of the same name fill."""
    samples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def free(self) -> list[str]:
        """Return the names of the parameters a client sends."""
        return [str(parameter["name"]) for parameter in self.parameters]

    def manifest(self) -> dict[str, Any]:
        """Return the ``input`` of aibro.json."""
        return {"whole": self.whole, "parameters": self.parameters}

    def body(self, sample: Mapping[str, Any]) -> Body:
        """Return what a client posts to have the function called with that sample."""
        if self.whole:
            return _posted(sample[self.free[0]], f"'{self.free[0]}'")
        return _posted({name: sample[name] for name in self.free if name in sample}, "the sample")

    @property
    def content_type(self) -> str:
        """Return the media type of a body."""
        return content_type_of(self._kind)

    @property
    def file_name(self) -> str:
        """Return the name of the sample's file in data/."""
        return file_name_of(self._kind)

    @property
    def _kind(self) -> str:
        return str(self.parameters[0]["kind"]) if self.whole and self.parameters else "json"

    def told(self) -> str:
        """Return in words what ``data`` is in ``run(model, data)``."""
        if not self.parameters:
            return "nothing is needed"
        if self.whole:
            return _told(self.parameters[0])
        return "a dict with " + ", ".join(f"{one['name']} ({_told(one)})" for one in self.parameters)


def inputs_of(target: Target, namespace: Mapping[str, Any], samples: Sequence[Any]) -> Inputs:
    """Return which parameters a client sends, described by the samples.

    With one parameter a sample is its value. With several it is a dict by parameter name, or a tuple in their order;
    anything else is the value of the first. A parameter left out of the samples is bound to the notebook's global of
    that name, or keeps its default.
    """
    parameters = dict(target.parameters)
    if target.handwritten:
        parameters = dict(list(parameters.items())[1:2])
    if not samples:
        return _without_sample(parameters, namespace)
    if not parameters and not target.handwritten:
        raise CaptureError(
            f"cannot deploy '{target.label}' with a sample: it takes no parameter",
            fix="give it a parameter for what clients send, or leave the sample out",
        )
    named = [_named(parameters, sample) for sample in samples]
    given = [name for name in parameters if any(name in sample for sample in named)]
    made = Inputs(samples=named)
    for name, parameter in parameters.items():
        if name in given:
            continue
        if parameter.default is not parameter.empty:
            continue
        if name not in namespace:
            raise CaptureError(
                f"cannot deploy '{target.label}': the sample has no value for its parameter '{name}': "
                f"{target.label}({', '.join(parameters)})",
                fix=f"pass sample={{{', '.join(f'{key!r}: …' for key in parameters)}}}",
            )
        made.bound[name] = namespace[name]
    made.parameters = [describe(name, next(one[name] for one in named if name in one)) for name in given]
    made.whole = len(given) == 1 and not _mixed(named, given)
    return made


def _mixed(named: list[dict[str, Any]], given: list[str]) -> bool:
    return any(set(sample) != set(given) for sample in named)


def _without_sample(parameters: Mapping[str, Any], namespace: Mapping[str, Any]) -> Inputs:
    made = Inputs()
    required = [name for name, one in parameters.items() if one.default is one.empty]
    for position, name in enumerate(required):
        if position and name in namespace:
            made.bound[name] = namespace[name]
        else:
            made.parameters.append({"name": name, "kind": "json"})
    if not required and parameters:
        made.parameters.append({"name": next(iter(parameters)), "kind": "json"})
    made.whole = len(made.parameters) == 1
    return made


def _named(parameters: Mapping[str, Any], sample: Any) -> dict[str, Any]:
    names = list(parameters)
    if not names:
        return {}
    if len(names) > 1 and type(sample) is dict and sample and set(sample) <= set(names):
        return dict(sample)
    if len(names) > 1 and type(sample) is tuple and len(sample) <= len(names):
        return dict(zip(names, sample, strict=False))
    return {names[0]: sample}


def describe(name: str, value: Any) -> dict[str, Any]:
    """Return a parameter as aibro.json has it; a value that no body can carry raises ``CaptureError``."""
    if is_frame(value):
        return {"name": name, "kind": "dataframe", "columns": _columns(name, value)}
    if is_row(value):
        return {"name": name, "kind": "json"}
    match type_name(value), value:
        case (("pandas.Series" | "pandas.core.series.Series"), _):
            return {"name": name, "kind": "series", **_dtype(value.dtype), "series_name": _label(value.name)}
        case "numpy.ndarray", _ if value.dtype.kind in _CELLS:
            return {
                "name": name, "kind": "ndarray", "dtype": str(value.dtype.newbyteorder("=")),
                "ndim": int(value.ndim), "shape": [None, *value.shape[1:]] if value.ndim else [],
            }  # fmt: skip
    _posted(value, f"'{name}'")
    return {"name": name, "kind": kind_of(value)}


def _posted(value: Any, where: str) -> Body:
    try:
        return body_of(value, where)
    except BadValue as error:
        raise CaptureError(
            f"cannot deploy with that sample: {error}: no request can carry it",
            fix="let the function take JSON values, a DataFrame, an array, text or bytes, and build the rest inside",
        ) from error


def _columns(name: str, frame: Any) -> list[dict[str, Any]]:
    keys = [_label(key) for key in frame.columns]
    if frame.columns.nlevels > 1 or len({named(key) for key in keys}) < len(keys):
        raise CaptureError(
            f"cannot deploy with that sample: the columns of '{name}' cannot be told apart in JSON",
            fix="give it columns with one level of different names",
        )
    return [{"name": key, **_dtype(frame.dtypes.iloc[at])} for at, key in enumerate(keys)]


def _dtype(dtype: Any) -> dict[str, Any]:
    if str(dtype) != "category":
        return {"dtype": str(dtype)}
    categories = plain(list(dtype.categories), question=True)
    return {"dtype": "category", "categories": categories, "ordered": bool(dtype.ordered)}


def _label(key: Any) -> Any:
    """Return the name of a column or a Series as JSON has it."""
    return str(key) if isinstance(key, tuple) else plain(key, "a name", question=True)


def _told(parameter: Mapping[str, Any]) -> str:
    match parameter["kind"]:
        case "dataframe":
            names = [str(column["name"]) for column in parameter["columns"]]
            return "a DataFrame with columns " + ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
        case "ndarray":
            shape = ", ".join("n" if size is None else str(size) for size in parameter["shape"])
            return f"an ndarray of {parameter['dtype']}, shape ({shape})"
        case "series":
            return f"a Series of {parameter['dtype']}"
        case "json":
            return "decoded JSON"
    return "text" if parameter["kind"] == "text" else "bytes"
