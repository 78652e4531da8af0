"""A posted body -> the values a captured function takes, by what ``aibro.json`` says of its parameters."""

from __future__ import annotations

import json
from typing import Any

from . import csvtables, tables
from .faults import BadInput
from .manifest import sole_of
from .payload import blob_of, is_guess, is_json, is_text, parsed, text_of
from .restoring import restored
from .scalars import spoken

Parameter = dict[str, Any]


def decoded(body: bytes, content_type: str | None, manifest: dict[str, Any]) -> Any:
    """Return the value of the one parameter (``whole``), else a dict by name of a JSON object, or a list in order.

    A body that does not fit raises ``BadInput`` that names parameter, column or position.
    """
    parameters: list[Parameter] = manifest["parameters"]
    whole = sole_of(manifest)
    # The bytes a model takes may be a zip: a spreadsheet is one.
    blob = blob_of(body, content_type, zipped=whole is None or whole["kind"] != "bytes")
    if whole is not None:
        return _whole(blob, whole, content_type)
    if not parameters and not blob.strip():
        return {}
    return _by_name(parsed(blob), parameters)


def _whole(blob: bytes, parameter: Parameter, content_type: str | None) -> Any:
    kind = parameter["kind"]
    if kind == "bytes":
        return bytearray(blob) if parameter.get("as") == "bytearray" else blob
    if kind == "text":
        return _text(blob, content_type)
    if kind == "dataframe":
        value = _json_or_none(blob)
        return csvtables.dataframe(text_of(blob), parameter) if value is None else tables.dataframe(value, parameter)
    return restored(parsed(blob), parameter)


def _text(blob: bytes, content_type: str | None) -> str:
    """Return the text as it is; of JSON, and of what ``curl -d`` sends, a JSON string is the text in it."""
    # A text may begin with what marks UTF-8; who says that it is text is taken at his word there too.
    text = text_of(blob, marked=not is_text(content_type))
    if text[:1] == '"' and (is_guess(content_type) or is_json(content_type)):
        try:
            inner = json.loads(text)
        except ValueError:
            return text
        return inner if isinstance(inner, str) else text
    return text


def _json_or_none(blob: bytes) -> Any:
    """Return JSON that could be a table; None for anything else: then it is CSV."""
    return parsed(blob) if blob.lstrip()[:1] in (b"[", b"{", b"") else None


def _by_name(given: Any, parameters: list[Parameter]) -> dict[str, Any]:
    names = [parameter["name"] for parameter in parameters]
    if isinstance(given, list) and len(given) == len(names):
        # What a sample that was given as a tuple looks like when it is called with.
        given = dict(zip(names, given))  # noqa: B905 - strict= is younger than some models' Pythons
    if not isinstance(given, dict):
        raise BadInput(f"the body is {spoken(given)}, and the model takes an object with {', '.join(names)}")
    missing = [p["name"] for p in parameters if p["name"] not in given and "default" not in p]
    if missing:
        raise BadInput(f"{missing[0]!r} is missing; the model takes {', '.join(names)}")
    strange = [name for name in given if name not in names]
    if strange:
        raise BadInput(f"{strange[0]!r} is not a parameter; the model takes {', '.join(names)}")
    values = {}
    for parameter in parameters:
        if parameter["name"] not in given:
            continue
        try:
            values[parameter["name"]] = restored(given[parameter["name"]], parameter)
        except BadInput as fault:
            raise BadInput(f"{parameter['name']}: {fault}") from fault
    return values
