"""The page of an API: what it takes and how to call it, as OpenAPI or as HTML for people. Never a client id."""

from __future__ import annotations

import json
from collections.abc import Collection
from html import escape
from typing import Any
from urllib.parse import urlsplit

from aibro_jupyter.errors import UseGet, WrongHost
from aibro_jupyter.http1 import Head, Response, failure
from aibro_jupyter.listening import is_address
from aibro_jupyter.masking import BY_HEADER, PUBLIC, predict_path
from aibro_jupyter.protocol import Route

_HEADERS = {
    # Nothing of a user's text may run, and the address of this page holds a client id.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Vary": "Accept",
}
_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;"
    "padding:0 1rem}"
    "pre{padding:.8rem 1rem;border:1px solid #8886;border-radius:6px;overflow:auto;white-space:pre-wrap;"
    "overflow-wrap:anywhere}code,pre{font:14px/1.5 ui-monospace,monospace}h1{font-size:1.6rem}h2{font-size:1.1rem}"
    "table{border-collapse:collapse}td,th{padding:.2rem 1.5rem .2rem 0;text-align:left;vertical-align:top}"
)
_NUMBERS = ("int", "uint", "float", "Int", "UInt", "Float")


def page(request: Head, route: Route, hosts: Collection[str] = (), reached: str = "") -> Response:
    """Return the page of a route to somebody who may call it; its URLs begin with ``reached`` for who came that way.

    A public API's page is read under known hosts only: a name that a web page had turned to this address (DNS
    rebinding) would make that web page's script a reader.
    """
    host = request.text(b"host")
    if route.public and not _is_known(host, hosts):
        fix = "the setting [gateway] page_hosts names more"
        return failure(WrongHost("this host may not show the API's page", fix=fix))
    if request.method not in (b"GET", b"HEAD"):
        return failure(UseGet("this is the page of an API", fix="POST to …/predict"), headers={"Allow": "GET"})
    told = _told(route)
    if "text/html" in request.text(b"accept"):
        body = _html(route, told, _base(host, reached))
        return Response(body=body.encode(), content_type="text/html; charset=utf-8", headers=_HEADERS)
    body = json.dumps(_openapi(route, told), ensure_ascii=False, indent=1) + "\n"
    return Response(body=body.encode(), headers=_HEADERS)


def _is_known(header: str, hosts: Collection[str]) -> bool:
    name = urlsplit(f"//{header}").hostname or ""
    return name == "localhost" or name in hosts or is_address(name)


def _told(route: Route) -> dict[str, Any]:
    try:
        found = json.loads(route.about or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _path(route: Route) -> str:
    return predict_path(route.username, PUBLIC if route.public else BY_HEADER, route.model_name)


def signature(told: dict[str, Any]) -> str:
    """Return how the function is called, as Python writes it."""
    parts = []
    for one in told.get("parameters", []):
        annotation = f": {one['annotation']}" if "annotation" in one else ""
        equals = " = " if annotation else "="
        parts.append(f"{one['name']}{annotation}" + (f"{equals}{one['default']}" if "default" in one else ""))
    return f"{told.get('function', 'run')}({', '.join(parts)})"


def _openapi(route: Route, told: dict[str, Any]) -> dict[str, Any]:
    media = str(told.get("content_type") or "application/json").partition(";")[0]
    body: dict[str, Any] = {"schema": schema(told.get("input"))}
    if told.get("sample"):
        body["example"] = _decoded(told)
    operation: dict[str, Any] = {
        "operationId": "predict",
        "summary": signature(told),
        "description": told.get("doc", ""),
        "requestBody": {"content": {media: body}},
        "responses": {
            "200": {"description": "the function's answer", "content": {"application/json": {}}},
            "422": {"description": "a body that does not fit; the error names the column or position"},
            "503": {"description": "nothing serves at the moment; Retry-After says when to try again"},
        },
    }
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": route.model_name, "version": "1", "description": told.get("doc", "")},
        "paths": {_path(route): {"post": operation}},
        "x-aibro": told,
    }
    if not route.public:
        described["components"] = {"securitySchemes": {"client": {"type": "http", "scheme": "bearer"}}}
        operation["security"] = [{"client": []}]
    return described


def schema(given: Any) -> dict[str, Any]:
    """Return the JSON schema of a body; an empty one where nothing is known of it."""
    if not isinstance(given, dict) or not given.get("parameters"):
        return {}
    schemas = {str(one["name"]): _schema(one) for one in given["parameters"]}
    if given.get("whole", True):
        return next(iter(schemas.values()))
    return {"type": "object", "properties": schemas, "required": list(schemas)}


def _schema(one: dict[str, Any]) -> dict[str, Any]:
    match one.get("kind"):
        case "dataframe" | "polars":
            columns = {str(column["name"]): _of_dtype(str(column["dtype"])) for column in one.get("columns", [])}
            labels = {str(level["key"]): _of_dtype(str(level["dtype"])) for level in one.get("index", [])}
            needed = [str(level["key"]) for level in one.get("index", []) if not level.get("optional")]
            record = {"type": "object", "properties": labels | columns, "required": [*needed, *columns]}
            return {"type": "array", "items": record, "description": "records, one object a row"}
        case "row":
            cells = {str(name): _of_dtype(str(one.get("dtype", ""))) for name in one.get("columns", [])}
            return {"type": "object", "properties": cells, "required": list(cells)}
        case "series" | "polars-series":
            return {"type": "array", "items": _of_dtype(str(one.get("dtype", "")))}
        case "ndarray":
            made = _of_dtype(str(one.get("dtype", "")))
            for _ in range(int(one.get("ndim", 1))):
                made = {"type": "array", "items": made}
            return made
        case "text":
            return {"type": "string"}
        case "bytes":
            return {"type": "string", "format": "binary"}
    return {}


def _of_dtype(dtype: str) -> dict[str, Any]:
    if dtype.startswith(_NUMBERS):
        return {"type": ["number", "null"]}
    if dtype.lower().startswith("bool"):
        return {"type": "boolean"}
    return {"type": ["string", "null"]} if dtype in ("string", "String", "str", "category") else {}


def _decoded(told: dict[str, Any]) -> Any:
    try:
        return json.loads(told["sample"])
    except ValueError:
        return told["sample"]


def _base(host: str, reached: str) -> str:
    """Return what the URL begins with under which this page was asked for: a proxy in front may speak TLS."""
    came_that_way = reached and urlsplit(f"//{host}").hostname == urlsplit(reached).hostname
    return reached if came_that_way else f"http://{host or 'HOST'}"


def _html(route: Route, told: dict[str, Any], base: str) -> str:
    url = f"{base}{_path(route)}"
    bearer = "" if route.public else ' -H "Authorization: Bearer $CLIENT_ID"'
    sample = str(told.get("sample") or "…")
    quoted = sample.replace("'", "'\\''")
    parts = [
        f"<h1>{escape(route.model_name)}</h1>",
        f"<p><code>{escape(signature(told))}</code></p>",
        *([f"<pre>{escape(str(told['doc']))}</pre>"] if told.get("doc") else []),
        "<h2>Call it</h2>",
        f"<pre>curl {escape(url)}{escape(bearer)} -d '{escape(quoted)}'</pre>",
        "<p>In a notebook, the function itself:</p>",
        "<pre>import aibro_jupyter\n"
        f"{escape(str(told.get('function') or 'predict'))} = aibro_jupyter.use(THE_URL_YOU_WERE_GIVEN)</pre>",
        _inputs_table(told),
    ]
    head = f"<meta charset=utf-8><meta name=viewport content='width=device-width'><style>{_STYLE}</style>"
    return f"<!doctype html><html lang=en><head><title>{escape(route.model_name)}</title>{head}</head>" + (
        f"<body><main>{''.join(parts)}</main></body></html>"
    )


def _inputs_table(told: dict[str, Any]) -> str:
    given = told.get("input") or {}
    rows = []
    for one in given.get("parameters", []):
        rows.append((str(one.get("name", "")), str(one.get("kind", "")) + " " + str(one.get("dtype", ""))))
        columns = [column for column in one.get("columns", []) if isinstance(column, dict)]
        rows += [(f"· {level['key']} (label)", str(level["dtype"])) for level in one.get("index", [])]
        rows += [(f"· {column['name']}", str(column["dtype"])) for column in columns]
    if not rows:
        return ""
    cells = "".join(f"<tr><td><code>{escape(name)}</code></td><td>{escape(kind)}</td></tr>" for name, kind in rows)
    return f"<h2>What it takes</h2><table><tr><th>name</th><th>kind</th></tr>{cells}</table>"
