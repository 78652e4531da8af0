"""The sidebar's generated TypeScript: what the reference's words mean, and every message a browser may get or send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, cast

from prettier import WIDTH, key, quoted, union

from aibro_jupyter.control.api.app import operations
from aibro_jupyter.control.api.gateway_handlers import GatewayHandlers
from aibro_jupyter.control.api.handlers import Handlers
from aibro_jupyter.control.api.household import Household
from aibro_jupyter.control.api.metrics import Metrics
from aibro_jupyter.control.api.openapi import openapi
from aibro_jupyter.control.api.secrecy import Secrecy
from aibro_jupyter.control.api.steering import Steering
from aibro_jupyter.jupyter.handlers import allowed
from aibro_jupyter.protocol import refusals
from aibro_jupyter.states import INSTANCE_STATUS_MEANING, JOB_STATUS_MEANING, JOB_SUBSTATUS_MEANING

Schema = Mapping[str, Any]

_SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def states() -> str:
    """Return ``labextension/src/states.ts``."""
    records: Mapping[str, Mapping[Any, str]] = {
        "JobStatus": JOB_STATUS_MEANING,
        "JobSubstatus": JOB_SUBSTATUS_MEANING,
        "InstanceStatus": INSTANCE_STATUS_MEANING,
    }
    parts = [
        "/** What the reference's words mean: for tooltips. Written by tools/generate.py. */",
        f"import type {{ {', '.join(sorted(records))} }} from './wire';\n",
    ]
    for kind, meanings in records.items():
        lines = ",\n".join(f"  {key(word)}: {quoted(meaning)}" for word, meaning in _all_of(kind, meanings).items())
        parts.append(f"export const {_constant(kind)}: Record<{kind}, string> = {{\n{lines}\n}};\n")
    return "\n".join(parts)


def _all_of(kind: str, meanings: Mapping[Any, str]) -> dict[str, str]:
    """Return a meaning for every word of a kind, those first that have one; the others have no tooltip."""
    known = {str(word): meaning for word, meaning in meanings.items()}
    return known | {word: "" for word in _schemas()[kind]["enum"] if word not in known}


def wire() -> str:
    """Return ``labextension/src/wire.ts``: types."""
    schemas, answered = _schemas(), _answered()
    parts = [
        "/** Every message between the sidebar and control. Written by tools/generate.py from control's OpenAPI. */",
        *(
            _declared(name, schema, whole=name in answered and not _leaves_out(name))
            for name, schema in sorted(schemas.items())
        ),
        _kinds(answered),
    ]
    return "\n\n".join(parts) + "\n"


def shapes() -> str:
    """Return ``labextension/src/shapes.ts``: the same as values, for a check while it runs."""
    about = "/** What wire.ts says, for the reader at the door. Written by tools/generate.py from control's OpenAPI. */"
    return "\n\n".join([about, _shapes(_answered()), _words()]) + "\n"


@cache
def _document() -> dict[str, Any]:
    # Only names and promises of the handlers are needed, which their classes have as well.
    table = operations(*cast("Any", (Handlers, Steering, Secrecy, Household, Metrics, GatewayHandlers)))
    for_browsers = [one for one in table if allowed(one.method, one.path.lstrip("/").format(job_id="x", sha256="x"))]
    return openapi(for_browsers)


def _schemas() -> dict[str, Schema]:
    return cast("dict[str, Schema]", _document()["components"]["schemas"])


@cache
def _answered() -> frozenset[str]:
    """Return the kinds that come back: what encodes them leaves no field out, whatever its default."""
    document = _document()
    responses = [operation["responses"] for path in document["paths"].values() for operation in path.values()]
    return frozenset(_reached(responses, document["components"]["schemas"], set()))


def _leaves_out(name: str) -> bool:
    """Tell whether what encodes a kind leaves out the fields that have their default."""
    config = getattr(getattr(refusals, name, None), "__struct_config__", None)
    return config is not None and bool(config.omit_defaults)


def _reached(node: Any, schemas: Mapping[str, Schema], seen: set[str]) -> set[str]:
    for name in list(_references(node)):
        if name not in seen:
            seen.add(name)
            _reached(schemas[name], schemas, seen)
    return seen


def _references(node: Any) -> Iterator[str]:
    match node:
        case {"$ref": str(reference)}:
            yield reference.rpartition("/")[2]
        case Mapping():
            for inner in node.values():
                yield from _references(inner)
        case list():
            for inner in node:
                yield from _references(inner)


def _declared(name: str, schema: Schema, *, whole: bool) -> str:
    told = f"/** {schema.get('description', name).splitlines()[0]} */"
    if "enum" in schema:
        return f"{told}\n{union(f'export type {name}', [quoted(word) for word in schema['enum']])}"
    required = frozenset(schema.get("required", ()))
    fields = "\n".join(
        f"  {field}{'' if whole or field in required else '?'}: {_type(inner)};"
        for field, inner in schema["properties"].items()
    )
    return f"{told}\nexport interface I{name} {{\n{fields}\n}}"


def _type(schema: Schema) -> str:
    return " | ".join(_typed(kind) for kind in _shape(schema).split("|"))


def _typed(kind: str) -> str:
    if kind.endswith("[]"):
        return f"{_typed(kind.removesuffix('[]'))}[]"
    if kind.endswith("{}"):
        return f"Record<string, {_typed(kind.removesuffix('{}'))}>"
    return kind if kind in {*_SIMPLE.values(), "unknown"} or "enum" in _schemas()[kind] else f"I{kind}"


def _shape(schema: Schema) -> str:
    """Return a schema in a word: "number|null", "JobView[]", "string{}"."""
    match schema:
        case {"$ref": str(reference)}:
            return reference.rpartition("/")[2]
        case {"anyOf": list(several)}:
            return "|".join(map(_shape, several))
        case {"type": "array", "items": inner}:
            return f"{_shape(inner)}[]"
        case {"type": "object", "additionalProperties": inner}:
            return f"{_shape(inner)}{{}}"
        case {"type": str(simple)}:
            return _SIMPLE[simple]
        case {"default": None, **rest} if not rest:
            return "unknown"
    raise ValueError(f"no TypeScript is known for {schema}")


def _kinds(answered: frozenset[str]) -> str:
    names = [name for name in sorted(answered) if "enum" not in _schemas()[name]]
    lines = "\n".join(f"  {name}: I{name};" for name in names)
    return f"/** What comes back, by its name. */\nexport interface IKinds {{\n{lines}\n}}"


def _shapes(answered: frozenset[str]) -> str:
    parts = []
    for name in sorted(answered):
        if "properties" in (schema := _schemas()[name]):
            required = schema["required"] if _leaves_out(name) else schema["properties"]
            fields = ",\n".join(
                f"    {field}: '{_shape(inner)}{'' if field in required else '|undefined'}'"
                for field, inner in schema["properties"].items()
            )
            parts.append(f"  {name}: {{\n{fields}\n  }}")
    head = "/** The fields of what comes back. */\nexport const SHAPES"
    body = ",\n".join(parts)
    return f"{head}: Record<string, Record<string, string>> = {{\n{body}\n}};"


def _words() -> str:
    parts = []
    for name, schema in sorted(_schemas().items()):
        if "enum" in schema:
            words = [quoted(word) for word in schema["enum"]]
            line = f"  {name}: [{', '.join(words)}]"
            long = f"  {name}: [\n" + ",\n".join(f"    {word}" for word in words) + "\n  ]"
            parts.append(line if len(line) < WIDTH else long)
    head = "/** The words that a kind may be. */\nexport const WORDS"
    body = ",\n".join(parts)
    return f"{head}: Record<string, readonly string[]> = {{\n{body}\n}};"


def _constant(kind: str) -> str:
    return "".join(
        f"_{letter}" if letter.isupper() and number else letter for number, letter in enumerate(kind)
    ).upper()
