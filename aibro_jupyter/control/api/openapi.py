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
    """Whose token an operation wants."""

    OWNER = "owner"
    GATEWAY = "gateway"
    SCRAPER = "metrics"
    """Or the owner's."""


@dataclass(frozen=True, kw_only=True)
class Operation:
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
    def callers(self) -> tuple[Caller, ...]:
        """Return whose tokens will do."""
        return (self.caller, Caller.OWNER) if self.caller is Caller.SCRAPER else (self.caller,)

    @property
    def summary(self) -> str:
        """Return the handler's own promise."""
        return (self.handler.__doc__ or "").strip()


def openapi(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the operations."""
    kinds = [kind for operation in operations for kind in (operation.answers, operation.asks) if kind is not None]
    kinds.append(Refusal)
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(map(repr, kinds), schemas, strict=True))
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, schema_of)
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


def _described(operation: Operation, schema_of: dict[str, Any]) -> dict[str, Any]:
    in_path = [_parameter(name, "path") for name in re.findall(r"\{(\w+)\}", operation.path)]
    described: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "summary": operation.summary,
        "security": [{str(caller): []} for caller in operation.callers],
        "parameters": [*in_path, *(_parameter(name, "query") for name in operation.query)],
        "responses": {"2XX": {"description": "done"}, "default": _content("refused", schema_of[repr(Refusal)])},
    }
    if operation.answers is not None:
        described["responses"]["2XX"] = _content("done", schema_of[repr(operation.answers)])
    if operation.asks is not None:
        described["requestBody"] = _content("", schema_of[repr(operation.asks)]) | {"required": True}
    elif operation.method == "PUT":
        described["requestBody"] = {"content": {"application/gzip": {}}, "required": True}
    return described


def _parameter(name: str, where: str) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": {"type": "string"}}


def _content(description: str, schema: Any) -> dict[str, Any]:
    content = {"content": {"application/json": {"schema": schema}}}
    return {"description": description, **content} if description else content
