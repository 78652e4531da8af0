"""What a parameter may take beside its sample: described wide for the proof, and then as wide as the proof showed."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from aibro_jupyter.errors import BadRequest
from aibro_jupyter.modelio.scalars import WHOLE

Parameter = dict[str, Any]
LABELS, FRACTIONS, SIZE = "labels", "fractions", "size"
"""Changes of a sample: its rows without labels; whole numbers with fractions; an array of another size."""
ONLY_SHOWN = f"{LABELS}:shown"
"""Labels that come back in the answer and change nothing else."""


def change(kind: str, *which: object) -> str:
    """Return the name of a change: of a whole parameter, or of one of its columns or dimensions."""
    return ":".join([kind, *map(str, which)])


def free_dimensions(asked: Sequence[str], names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return the dimensions that were asked to have any size, by parameter; ``BadRequest`` for what is none."""
    found: dict[str, tuple[int, ...]] = {}
    for one in asked:
        given, colon, axes = str(one).rpartition(":")
        name = given if colon else next(iter(names), "")
        try:
            found[name] = tuple(int(axis) for axis in axes.split(","))
        except ValueError:
            found[name] = (-1,)
        if name not in names or min(found[name]) < 0:
            raise BadRequest(
                f"free={one!r} names no dimensions", fix='free="0,2", or free="image:0,2" of the parameter image'
            )
    return found


def merged(described: Sequence[Parameter], free: Container[int] = ()) -> Parameter:
    """Return one description for a parameter of several samples: the first, as wide as the others need it."""
    made = dict(described[0])
    for other in described[1:]:
        if "shape" in made and len(other.get("shape", ())) == len(made["shape"]):
            pairs = zip(made["shape"], other["shape"], strict=True)
            made["shape"] = [size if size == their else None for size, their in pairs]
        if "index" in other and other["kind"] == made["kind"]:
            made.setdefault("index", other["index"])
    if "shape" in made:
        made["shape"] = [None if axis in free else size for axis, size in enumerate(made["shape"])]
    return made


def wide(parameter: Parameter) -> Parameter:
    """Return a description that takes all that a proof may show to work."""
    made = dict(parameter)
    if made["kind"] == "dataframe":
        made["columns"] = [_with_fractions(column) for column in made["columns"]]
    if made["kind"] in ("ndarray", "series", "row"):
        made = _with_fractions(made)
    if "index" in made:
        made["index"] = [{**level, "optional": True} for level in made["index"]]
    if "shape" in made:
        made["shape"] = [None] * len(made["shape"])
    return made


def narrowed(parameter: Parameter, works: Container[tuple[str, str]]) -> Parameter:
    """Return a description that takes its sample, and what was shown to work: (parameter, change)."""
    made, name = dict(parameter), str(parameter["name"])

    def worked(kind: str, *which: object) -> bool:
        return (name, change(kind)) in works or (name, change(kind, *which)) in works

    if made["kind"] == "dataframe":
        made["columns"] = [
            _with_fractions(column) if worked(FRACTIONS, at) else column for at, column in enumerate(made["columns"])
        ]
    if made["kind"] in ("ndarray", "series", "row") and worked(FRACTIONS):
        made = _with_fractions(made)
    if "shape" in made:
        made["shape"] = [None if worked(SIZE, axis) else size for axis, size in enumerate(made["shape"])]
    if "index" in made and worked(LABELS):
        del made["index"]
    elif "index" in made and (_counts(made["index"]) or (name, ONLY_SHOWN) in works):
        # Rows that are counted from 0 go without saying, as our own client sends them.
        made["index"] = [{**level, "optional": True} for level in made["index"]]
    return made


def _with_fractions(one: Parameter) -> Parameter:
    return {**one, "widens": True} if is_whole(one) else one


def is_whole(one: Parameter) -> bool:
    """Tell whether a column or an array was of whole numbers in the sample."""
    return str(one.get("dtype", "")).startswith(WHOLE)


def _counts(levels: list[Parameter]) -> bool:
    return len(levels) == 1 and levels[0]["name"] is None and is_whole(levels[0])
