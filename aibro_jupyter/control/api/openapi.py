"""The control API as a table: the application is built from it, and so is its OpenAPI description."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from typing import Any

import msgspec
from aiohttp import web

from aibro_jupyter.protocol import Refusal


class Caller(StrEnum):
    """Whose token a place wants."""

    OWNER = "owner"
    GATEWAY = "gateway"


@dataclass(frozen=True, kw_only=True)
class Place:
    """One operation of the API."""

    method: str
    path: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    answers: Any = None
    """The message of a success; None: no content, or bytes."""
    asks: Any = None
    """The message it takes; None: none, or bytes."""
    caller: Caller = Caller.OWNER
    query: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """Return the handler's own promise."""
        return (self.handler.__doc__ or "").strip()


def openapi(places: Sequence[Place]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the places."""
    kinds = [kind for place in places for kind in (place.answers, place.asks) if kind is not None]
    kinds.append(Refusal)
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(map(repr, kinds), schemas, strict=True))
    paths: dict[str, Any] = {}
    for place in places:
        paths.setdefault(place.path, {})[place.method.lower()] = _operation(place, schema_of)
    bearer = {"type": "http", "scheme": "bearer"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "aibro control", "version": version("aibro_jupyter")},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {str(caller): bearer for caller in Caller},
        },
    }


def _operation(place: Place, schema_of: dict[str, Any]) -> dict[str, Any]:
    in_path = [_parameter(name, "path") for name in re.findall(r"\{(\w+)\}", place.path)]
    operation: dict[str, Any] = {
        "operationId": place.handler.__name__,
        "summary": place.summary,
        "security": [{str(place.caller): []}],
        "parameters": [*in_path, *(_parameter(name, "query") for name in place.query)],
        "responses": {"2XX": {"description": "done"}, "default": _content("refused", schema_of[repr(Refusal)])},
    }
    if place.answers is not None:
        operation["responses"]["2XX"] = _content("done", schema_of[repr(place.answers)])
    if place.asks is not None:
        operation["requestBody"] = _content("", schema_of[repr(place.asks)]) | {"required": True}
    elif place.method == "PUT":
        operation["requestBody"] = {"content": {"application/gzip": {}}, "required": True}
    return operation


def _parameter(name: str, where: str) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": {"type": "string"}}


def _content(description: str, schema: Any) -> dict[str, Any]:
    content = {"content": {"application/json": {"schema": schema}}}
    return {"description": description, **content} if description else content
