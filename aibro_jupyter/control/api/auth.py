"""Who may ask control: a bearer token and an allow-listed Host, for every request, before anything else looks at it."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from aibro_jupyter.errors import AibroError, BadRequest, NotFound, TooLarge, Unauthorized, WrongHost
from aibro_jupyter.listening import Listening, is_address, is_here_alone
from aibro_jupyter.protocol import PROTOCOL, Refusal, encode

GATEWAY_PREFIX = "/api/gateway/"
METRICS = "/metrics"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_LOG = logging.getLogger(__name__)


def host_of(header: str) -> str:
    """Return the host part of a Host header, lower case, without its port."""
    end = header.find("]") + 1 if header.startswith("[") else header.find(":")
    host, rest = (header, "") if end < 0 else (header[:end], header[end:])
    return host.lower() if rest == "" or (rest[0] == ":" and rest[1:].isdigit()) else ""


@dataclass(frozen=True, kw_only=True)
class HostList:
    """Under which hosts control answers: a name that a web page turned to this address (DNS rebinding) is none."""

    names: frozenset[str]
    any_address: bool = False
    """Whether every address written in numbers is one: those cannot be rebound."""

    @classmethod
    def of(cls, asked: Listening, allowed: Iterable[str] = ()) -> HostList:
        """Return this computer's names, those it is reached by, and those an operator allows."""
        named = frozenset(host.lower() for host in (*asked.names, *allowed))
        return cls(names=_LOOPBACK | named, any_address=not is_here_alone(asked.control_host))

    def has(self, header: str) -> bool:
        """Tell whether a Host header names one of them."""
        host = host_of(header)
        return host in self.names or (self.any_address and is_address(host.strip("[]")))


def gatekeeper(*, owner_token: str, gateway_token: str, metrics_token: str, hosts: HostList) -> Middleware:
    """Return the middleware that lets in who has the right token.

    Gateways have their own, for their own operations; that of the metrics reads them, as the owner's does.
    """
    tokens = {GATEWAY_PREFIX: (gateway_token,), METRICS: (metrics_token, owner_token)}

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not hosts.has(request.headers.get("Host", "")):
            raise WrongHost("this Host is not on the allow-list", fix="the setting `allowed_hosts` names more")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        place = GATEWAY_PREFIX if request.path.startswith(GATEWAY_PREFIX) else request.path
        wanted = tokens.get(place, (owner_token,))
        # A header is bytes: what is no UTF-8 came as surrogates, and is a wrong token like any other.
        told = token.strip().encode(errors="surrogateescape")
        if scheme.lower() != "bearer" or not any(hmac.compare_digest(told, one.encode()) for one in wanted):
            raise Unauthorized("no token, or a wrong one", fix="the token file in the backend's home has the right one")
        if not (_is_text(request.path) and _is_text(request.query_string)):
            raise BadRequest("the address is not UTF-8")
        return await handler(request)

    return check


def _is_text(part: str) -> bool:
    try:
        part.encode()
    except UnicodeEncodeError:
        return False
    return True


def refusal(error: AibroError) -> web.Response:
    """Return an error as an answer."""
    return web.Response(status=error.status, body=encode(Refusal.of(error)), content_type="application/json")


@web.middleware
async def answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error in the protocol's words, and say the protocol's version."""
    response: web.StreamResponse
    try:
        response = await handler(request)
    except AibroError as error:
        response = refusal(error)
    except web.HTTPRequestEntityTooLarge:
        response = refusal(TooLarge("the message is larger than control reads", fix="repos go to /api/bundles"))
    except web.RequestPayloadError:
        response = refusal(BadRequest("the body is not what its header says", fix="send it as it is, with its length"))
    except ConnectionResetError:
        response = refusal(BadRequest("the caller left before the message was whole"))
    except web.HTTPException as error:
        known = NotFound("nothing lives at that address") if error.status == 404 else BadRequest(error.reason)
        response = refusal(known)
        response.set_status(error.status)
    except Exception:  # noqa: BLE001
        # The process's boundary: a bug of ours costs one answer, never the process, and tells nothing to the caller.
        _LOG.exception("%s %s failed", request.method, request.path[:256])
        response = refusal(AibroError("control made a mistake", fix="its log has the story: `%aibro doctor`"))
    response.headers["X-Aibro-Protocol"] = str(PROTOCOL)
    return response
