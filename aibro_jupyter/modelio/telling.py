"""What ``aibro.json`` says of an input, in words for people."""

from __future__ import annotations

from typing import Any

Parameter = dict[str, Any]


def told_input(said: dict[str, Any]) -> str:
    """Return in words what a body is, of an ``input`` as the manifest has it."""
    parameters: list[Parameter] = said["parameters"]
    if not parameters:
        return "nothing"
    if said.get("whole", True):
        return told(parameters[0])
    return "a dict with " + ", ".join(f"{one['name']} ({told(one)})" for one in parameters)


def told(parameter: Parameter) -> str:
    """Return in words what one parameter is."""
    kind = str(parameter["kind"])
    if kind in ("dataframe", "polars"):
        names = [str(column["name"]) for column in parameter["columns"]]
        whose = "polars " if kind == "polars" else ""
        columns = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
        return f"a {whose}DataFrame with columns {columns}{_labels(parameter)}"
    if kind == "ndarray":
        shape = ", ".join("n" if size is None else str(size) for size in parameter["shape"])
        return f"an ndarray of {parameter['dtype']}, shape ({shape})"
    if kind in ("series", "polars-series"):
        return f"a Series of {parameter['dtype']}" + _labels(parameter)
    if kind == "row":
        return "a row with " + ", ".join(map(str, parameter["columns"][:8]))
    if kind == "sparse":
        return f"a sparse matrix of {parameter['dtype']} with {parameter['width']} columns"
    if kind == "json":
        return "decoded JSON" + (f" ({', '.join(parameter['fields'])} restored)" if "fields" in parameter else "")
    return kind if kind in ("text", "bytes") else f"a {kind}"


def _labels(parameter: Parameter) -> str:
    keys = [str(level["key"]) for level in parameter.get("index", ())]
    return f", its rows labelled by {', '.join(keys)}" if keys else ""
