"""The gateway's process: ``--fd N --gateway-id gw1 --control-url URL``; started by the daemon, ended by SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import logging
import resource
import signal
import socket
import sys
from dataclasses import dataclass, replace

from aibro_jupyter.errors import AibroError
from aibro_jupyter.gateway.accesslog import AccessLog
from aibro_jupyter.gateway.server import Gateway
from aibro_jupyter.gateway.settings import GatewaySettings, settings
from aibro_jupyter.gateway.sync import Sync
from aibro_jupyter.home import home
from aibro_jupyter.http1 import Handlers, Request, Response, Server, run
from aibro_jupyter.listening import listening

_GRACE_S = 600.0
"""The default limit of a single request: what is under way may end."""
_OPEN_FILES = 16_384
"""Two for each connection that may be taken, one to the caller and one to an instance, and plenty beside."""
_LOG = logging.getLogger("aibro_jupyter.gateway")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a gateway stands: what it listens on, how it is called, and whom it asks."""

    sock: socket.socket
    """Where callers come, to it and to its siblings."""
    door: socket.socket | None
    """Where it alone answers, to who asks how it does."""
    gateway_id: str
    share: int
    """How many gateways there are."""
    control_url: str
    reached: str
    """The URL that callers are told, if they are told one."""


async def serve(place: Place, token: str, chosen: GatewaySettings, access: AccessLog | None) -> None:
    """Serve on a bound socket until SIGTERM or SIGINT, then finish what is under way."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    gateway = Gateway(place.gateway_id, chosen, place.reached, share=place.share, access=access)
    sync = asyncio.create_task(Sync(gateway, control_url=place.control_url, token=token, settings=chosen).run())
    sync.add_done_callback(lambda _: stop.set())
    server = Server(gateway, limits=chosen.limits)
    await server.start(place.sock)
    door = Server(Handlers(_well))
    if place.door is not None:
        await door.start(place.door)
    _LOG.info("gateway %s listens", gateway.gateway_id)
    await stop.wait()
    await server.close(_GRACE_S)
    if place.door is not None:
        await door.close(0)
    gateway.close()
    if sync.done():
        sync.result()
    sync.cancel()


async def _well(_request: Request) -> Response:
    return Response(body=b'{"status": "ok"}\n')


def _raise_open_files() -> None:
    """Many systems start with 1,024 open files, which is less than the connections we take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> int:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m aibro_jupyter.gateway", description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="the bound listening socket")
    parser.add_argument("--gateway-id", required=True)
    parser.add_argument("--control-url", required=True)
    parser.add_argument("--door-fd", type=int, help="a bound socket where this one alone tells how it does")
    parser.add_argument("--share", type=int, default=1, help="how many gateways there are")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s gateway %(levelname)s %(message)s", stream=sys.stderr)
    _raise_open_files()
    here = home()
    try:
        chosen, asked = settings(here.settings_file), listening(here.settings_file)
        chosen = replace(chosen, page_hosts=(*chosen.page_hosts, *asked.names))
        token = here.gateway_token_file.read_text().strip()
        place = Place(
            sock=socket.socket(fileno=args.fd),
            door=None if args.door_fd is None else socket.socket(fileno=args.door_fd),
            gateway_id=args.gateway_id,
            share=args.share,
            control_url=args.control_url,
            reached=asked.reached,
        )
        run(serve(place, token, chosen, AccessLog(here.access_log) if chosen.access_log else None))
    except (AibroError, OSError) as error:
        _LOG.error("the gateway cannot run: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
