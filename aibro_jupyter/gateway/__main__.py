"""The gateway's process: ``--fd N --gateway-id gw1 --control-url URL``; started by the daemon, ended by SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import logging
import resource
import signal
import socket
import sys
from dataclasses import replace

from aibro_jupyter.errors import AibroError
from aibro_jupyter.gateway.server import Gateway
from aibro_jupyter.gateway.settings import GatewaySettings, settings
from aibro_jupyter.gateway.sync import Sync
from aibro_jupyter.home import home
from aibro_jupyter.http1 import Server, run
from aibro_jupyter.listening import listening

_GRACE_S = 600.0
"""The default limit of a single request: what is under way may end."""
_OPEN_FILES = 16_384
"""Two for each connection that may be taken, one to the caller and one to an instance, and plenty beside."""
_LOG = logging.getLogger("aibro_jupyter.gateway")


async def serve(
    sock: socket.socket, gateway_id: str, control_url: str, token: str, chosen: GatewaySettings, reached: str
) -> None:
    """Serve on a bound socket until SIGTERM or SIGINT, then finish what is under way."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    gateway = Gateway(gateway_id, chosen, reached)
    sync = asyncio.create_task(Sync(gateway, control_url=control_url, token=token, settings=chosen).run())
    sync.add_done_callback(lambda _: stop.set())
    server = Server(gateway, limits=chosen.limits)
    await server.start(sock)
    _LOG.info("gateway %s listens", gateway.gateway_id)
    await stop.wait()
    await server.close(_GRACE_S)
    gateway.close()
    if sync.done():
        sync.result()
    sync.cancel()


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
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s gateway %(levelname)s %(message)s", stream=sys.stderr)
    _raise_open_files()
    here = home()
    try:
        chosen, asked = settings(here.settings_file), listening(here.settings_file)
        chosen = replace(chosen, page_hosts=(*chosen.page_hosts, *asked.names))
        token = here.gateway_token_file.read_text().strip()
        sock = socket.socket(fileno=args.fd)
        run(serve(sock, args.gateway_id, args.control_url, token, chosen, asked.reached))
    except (AibroError, OSError) as error:
        _LOG.error("the gateway cannot run: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
