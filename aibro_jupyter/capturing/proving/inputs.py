"""The sample: what the API takes, as aibro.json says it to the slot, and the body that a client would post.

The description is wide at first, and the proof narrows what does not work: rows may come without their labels, whole
numbers have fractions, an array have any size.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aibro_jupyter.capturing.gathering.target import Target
from aibro_jupyter.capturing.proving.survival import lost
from aibro_jupyter.capturing.proving.widening import LABELS, free_dimensions, merged, narrowed, wide
from aibro_jupyter.errors import CaptureError
from aibro_jupyter.modelio.bodies import Body, body_of, content_type_for, file_name_of, kind_for, kind_of
from aibro_jupyter.modelio.describing import described
from aibro_jupyter.modelio.faults import BadInput, BadValue
from aibro_jupyter.modelio.forms import by_field
from aibro_jupyter.modelio.inputs import decoded
from aibro_jupyter.modelio.telling import told_input


@dataclass(kw_only=True)
class Inputs:
    """The free parameters, those bound to globals, and the samples by parameter name."""

    parameters: list[dict[str, Any]] = field(default_factory=list)
    whole: bool = True
    """The body is the one parameter's value; else a JSON object by parameter name."""
    bound: dict[str, Any] = field(default_factory=dict)
    """Parameters that notebook globals of the same name fill."""
    samples: list[dict[str, Any]] = field(default_factory=list)
    made_of: dict[str, type] = field(default_factory=dict)
    """Parameters that are objects of a class with fields (dataclass, pydantic, attrs): run() makes them of a dict."""
    settled: bool = False
    """The proof has shown what else than the sample works."""

    @property
    def free(self) -> list[str]:
        """Return the names of the parameters a client sends."""
        return [str(parameter["name"]) for parameter in self.parameters]

    def manifest(self) -> dict[str, Any]:
        """Return the ``input`` of aibro.json; before it is settled as wide as a proof may show it to be."""
        parameters = self.parameters if self.settled else [wide(parameter) for parameter in self.parameters]
        return {"whole": self.whole, "parameters": parameters}

    def settle(self, works: Container[tuple[str, str]]) -> Inputs:
        """Return it as the proof has shown it to be, by the changes of the sample that work."""
        parameters = [narrowed(parameter, works) for parameter in self.parameters]
        unread = [str(one["name"]) for one in self.parameters if "index" in one and (one["name"], LABELS) in works]
        samples = [
            {name: value.reset_index(drop=True) if name in unread else value for name, value in sample.items()}
            for sample in self.samples
        ]
        made = replace(self, parameters=parameters, samples=samples, settled=True)
        return made._with_label_columns()

    def _with_label_columns(self) -> Inputs:
        """Return it with labels of rows as columns of the samples, which read better, where they survive it."""
        keys = {
            str(one["name"]): [level["key"] for level in one["index"]]
            for one in self.parameters
            if one["kind"] == "dataframe" and "index" in one
        }
        if not keys:
            return self
        samples = [
            {
                name: value.rename_axis(keys[name]).reset_index() if name in keys else value
                for name, value in one.items()
            }
            for one in self.samples
        ]
        shown = replace(self, samples=samples)
        try:
            for sample, was in zip(samples, self.samples, strict=True):
                shown.check(was, shown.body(sample))
        except CaptureError:
            return self
        return shown

    def body(self, sample: Mapping[str, Any]) -> Body:
        """Return what a client posts to have the function called with that sample."""
        if self.whole:
            return _posted(sample[self.free[0]], f"'{self.free[0]}'")
        return _posted({name: sample[name] for name in self.free if name in sample}, "the sample")

    def check(self, sample: Mapping[str, Any], body: Body | None = None) -> None:
        """Raise ``CaptureError`` where a sample arrives in the API as another value, with the place in it."""
        body = body or self.body(sample)
        said = json.loads(json.dumps(self.manifest()))
        try:
            arrived = decoded(body.content, body.content_type, said)
        except BadInput as error:
            place = f"'{self.free[0]}'" if self.whole else "the sample"
            raise _refused(f"{place}: its own JSON does not fit it: {error}") from error
        arrived = {self.free[0]: arrived} if self.whole else arrived
        for name, kind in self.made_of.items():
            if name in arrived:
                arrived[name] = _made(kind, arrived[name], name)
        for name in self.free:
            if name in sample and (told := lost(sample[name], arrived[name], f"'{name}'")):
                raise _refused(f"{told} through JSON")

    @property
    def content_type(self) -> str:
        """Return the media type of a body."""
        return content_type_for(self.manifest())

    @property
    def file_name(self) -> str:
        """Return the name of the sample's file in data/."""
        return file_name_of(kind_for(self.manifest()))

    def told(self) -> str:
        """Return in words what ``data`` is in ``run(model, data)``."""
        if not self.parameters:
            return "nothing is needed"
        return told_input({"whole": self.whole, "parameters": self.parameters})


def inputs_of(target: Target, namespace: Mapping[str, Any], samples: Sequence[Any], free: Sequence[str] = ()) -> Inputs:
    """Return which parameters a client sends, described by the samples.

    With one parameter a sample is its value. With several it is a dict by parameter name, or a tuple in their order;
    anything else is the value of the first. A parameter left out of the samples is bound to the notebook's global of
    that name, or keeps its default. ``free`` are dimensions of arrays that may have any size: ``"0,2"`` of the one
    parameter, ``"image:0,2"`` of that one.
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
    axes = free_dimensions(free, list(parameters))
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
    made.parameters = [
        merged([describe(name, one[name]) for one in named if name in one], axes.get(name, ())) for name in given
    ]
    made.whole = len(given) == 1 and not _mixed(named, given)
    made.made_of = {
        name: type(one[name]) for one in named for name in given if name in one and _has_fields(one[name], namespace)
    }
    for sample in named:
        made.check(sample)
    return made


def _has_fields(value: Any, namespace: Mapping[str, Any]) -> bool:
    """Tell whether a value is of a class with fields that the repo can name: one of the notebook's own."""
    return namespace.get(type(value).__name__) is type(value) and by_field(value) is not None


def _made(kind: type, fields: Any, name: str) -> Any:
    try:
        return kind(**fields)
    except Exception as error:  # whatever a class of the notebook raises
        raise _refused(f"'{name}', {kind.__name__}(**its fields), raises {type(error).__name__}: {error}") from error


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
    try:
        if isinstance(value, str):
            return {"name": name, "kind": kind_of(value)}
        fields = by_field(value)
        return {"name": name, **described(value if fields is None else fields, f"'{name}'")}
    except BadValue as error:
        raise _refused(str(error)) from error


def _posted(value: Any, where: str) -> Body:
    try:
        return body_of(value, where)
    except BadValue as error:
        raise _refused(str(error)) from error


def _refused(what: str) -> CaptureError:
    return CaptureError(
        f"cannot deploy with that sample: {what}: no request can carry it",
        fix="let the function take JSON values, a DataFrame, an array, text or bytes, and build the rest inside",
    )
