"""The way from JupyterLab to control: same origin, Jupyter's own access rules, the token added on the server's side."""

from __future__ import annotations

import gzip
import math
import re
from urllib.parse import parse_qs, urlencode

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado import web
from tornado.httpclient import HTTPResponse

from aibro_jupyter.errors import AibroError, BackendDown, NotFound, TooLarge
from aibro_jupyter.jupyter.upstream import Upstream
from aibro_jupyter.protocol import Refusal, encode

_JOB = r"api/jobs/[A-Za-z0-9_-]{1,80}"
ALLOWED = {
    "GET": re.compile(rf"api/(status|machines|openapi\.json|jobs)|{_JOB}(/(clients|events|logs|cost|timeline))?"),
    "POST": re.compile(rf"api/jobs|{_JOB}/(complete|versions|rollback|cooling|drill)"),
    "PATCH": re.compile(rf"{_JOB}/(clients|limits)"),
    "PUT": re.compile(r"api/budget"),
}
"""What a browser may ask for, by verb. Uploads, the gateways' own calls and parking are not for browsers."""
QUERIES = frozenset({"after", "wait_s", "lines", "model_name", "hours", "request"})
"""Query arguments that go on; Jupyter's own (``token`` above all) never leave this server."""
MAX_BODY = 1 << 20
"""Chosen: what a form may send; a repo does not come from a browser."""
WORTH_PACKING = 4096
"""Bytes from which an answer goes out compressed: the state of a hundred jobs is mostly the same words."""
MAX_WAIT_S = 20.0
"""A long poll holds a connection of the browser's, and it has six."""
_SENT_ON = ("Content-Type", "If-None-Match")
_SENT_BACK = ("ETag", "Retry-After", "X-Aibro-Protocol")


def allowed(verb: str, path: str) -> bool:
    """Tell whether a browser may send that verb to that path of control's."""
    pattern = ALLOWED.get(verb)
    return pattern is not None and pattern.fullmatch(path) is not None


def query_for_control(query: str) -> str:
    """Return the part of a query string that control may see, a long poll's wait bounded."""
    known = {name: values[-1] for name, values in parse_qs(query).items() if name in QUERIES}
    if "wait_s" in known:
        known["wait_s"] = f"{_bounded(known['wait_s']):g}"
    return urlencode(known)


def _bounded(wait_s: str) -> float:
    try:
        wanted = float(wait_s)
    except ValueError:
        return 0.0
    return 0.0 if math.isnan(wanted) else min(max(wanted, 0.0), MAX_WAIT_S)


class PassThrough(ExtensionHandlerMixin, APIHandler):
    """Hands a request of the signed-in user on to control, and control's answer back."""

    auth_resource = "aibro"

    def initialize(self, name: str, upstream: Upstream) -> None:
        """Take the way to control from the extension."""
        super().initialize(name)
        self.upstream = upstream

    @property
    def _track_activity(self) -> bool:  # type: ignore[override]
        # An open panel polls: that alone must not keep an idle JupyterHub server from being culled.
        return self.request.method != "GET"

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Read: status, jobs, machines, clients, events, logs, cost."""
        await self._pass(path)

    @web.authenticated
    @authorized
    async def post(self, path: str) -> None:
        """Deploy, bring up a version, roll back, switch cooling, drill, complete."""
        await self._pass(path)

    @web.authenticated
    @authorized
    async def patch(self, path: str) -> None:
        """Change who may call, or the limits."""
        await self._pass(path)

    @web.authenticated
    @authorized
    async def put(self, path: str) -> None:
        """Set the budget of all jobs together."""
        await self._pass(path)

    @web.authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """Nothing is open to a browser's DELETE."""
        await self._pass(path)

    async def _pass(self, path: str) -> None:
        try:
            answer = await self._ask(path)
        except AibroError as error:
            self.set_status(error.status)
            await self.finish(encode(Refusal.of(error)))
            return
        self.set_status(status_for_browser(answer.code))
        for header in _SENT_BACK:
            if header in answer.headers:
                self.set_header(header, answer.headers[header])
        body = answer.body or None
        if body is not None and len(body) > WORTH_PACKING and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, compresslevel=1)
            self.set_header("Content-Encoding", "gzip")
        await self.finish(body, set_content_type=answer.headers.get("Content-Type", "application/json"))

    async def _ask(self, path: str) -> HTTPResponse:
        verb = str(self.request.method)
        if not allowed(verb, path):
            raise NotFound(f"{verb} /aibro/{path} is not open to a browser")
        check_size(self.request.body)
        query = query_for_control(self.request.query)
        headers = {name: self.request.headers[name] for name in _SENT_ON if name in self.request.headers}
        body = self.request.body if verb in ("POST", "PATCH", "PUT") else None
        return await self.upstream.ask(verb, f"/{path}?{query}" if query else f"/{path}", headers=headers, body=body)

    def compute_etag(self) -> None:
        """Leave the ETag to control: it names the revision."""

    def _log(self) -> None:
        # No backend is a state of the panel, not an error of this server: polls would fill its log with it.
        if self.get_status() != BackendDown.status:
            super()._log()


def check_size(body: bytes) -> None:
    """Raise ``TooLarge`` for a body that no form sends."""
    if len(body) > MAX_BODY:
        raise TooLarge(f"more than {MAX_BODY} bytes in a request from a browser")


def status_for_browser(status: int) -> int:
    """Return a status that a browser may see: 401 and 403 of others must not look like Jupyter refusing the sign-in."""
    return 502 if status in (401, 403) else status
