"""The panel's try-it form: a prediction made by the Jupyter server, for a browser itself may not call a model API."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado import web
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse

from aibro_jupyter.client.sessions import ca_file
from aibro_jupyter.errors import AibroError, BackendDown, NoSuchJob
from aibro_jupyter.jupyter.handlers import check_size, status_for_browser
from aibro_jupyter.jupyter.upstream import MAX_ANSWER, Upstream, advice
from aibro_jupyter.protocol import ClientsView, Refusal, decode, encode

_ANSWER_S = 610.0
"""The default limit of a request, and some seconds more than the gateway adds to it."""
_SENT_BACK = ("X-Aibro-Served-By", "X-Aibro-Request-Id", "Server-Timing", "Retry-After")


class TryIt(ExtensionHandlerMixin, APIHandler):
    """Posts a body to a job's own predict URL; the client id stays on this side."""

    auth_resource = "aibro"

    def initialize(self, name: str, upstream: Upstream) -> None:
        """Take the way to control from the extension."""
        super().initialize(name)
        self.upstream = upstream

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Answer as the model does, with who answered in the headers."""
        try:
            answer = await self._predicted(job_id)
        except AibroError as error:
            self.set_status(error.status)
            await self.finish(encode(Refusal.of(error)))
            return
        self.set_status(status_for_browser(answer.code))
        for header in _SENT_BACK:
            if header in answer.headers:
                self.set_header(header, answer.headers[header])
        # Whatever a model says its answer is, here it is text: it must never become a page of this origin.
        await self.finish(answer.body or b"", set_content_type="text/plain; charset=utf-8")

    async def _predicted(self, job_id: str) -> HTTPResponse:
        check_size(self.request.body)
        told = await self.upstream.ask("GET", f"/api/jobs/{job_id}/clients", headers={}, body=None)
        if told.code != HTTPStatus.OK:
            raise NoSuchJob("there is no such job", fix="`%aibro status` lists the jobs")
        urls = decode(told.body, ClientsView).urls
        request = HTTPRequest(
            urls[0],
            method="POST",
            body=self.request.body,
            headers={"Content-Type": self.request.headers.get("Content-Type", "application/json")},
            connect_timeout=5,
            request_timeout=_ANSWER_S,
            ca_certs=ca_file(),
            follow_redirects=False,
        )
        client = AsyncHTTPClient(force_instance=True, max_body_size=MAX_ANSWER)
        try:
            return await client.fetch(request, raise_error=False)
        except (OSError, HTTPClientError) as error:
            # Never the error's own words: they may name the URL, and with it the client id.
            raise BackendDown("the gateway does not answer", fix=await asyncio.to_thread(advice)) from error
        finally:
            client.close()
