"""The control process: ``--fd N``, the listening socket that the daemon bound; ended by SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys

from aiohttp import web

from aibro_jupyter.control.api.app import Outside, application
from aibro_jupyter.control.api.auth import HostList
from aibro_jupyter.control.api.quiet import hush
from aibro_jupyter.control.api.refusing import refusing
from aibro_jupyter.control.settings import ControlSettings, settings
from aibro_jupyter.errors import AibroError, DatabaseRefused
from aibro_jupyter.home import Home, home, token
from aibro_jupyter.listening import Listening, dialled, listening
from aibro_jupyter.providers.registry import providers

_LOG = logging.getLogger("aibro_jupyter.control")


def gateway_url(here: Home, asked: Listening) -> str:
    """Return what predict URLs begin with: where the gateway listens here, or the setting ``public_url``."""
    return asked.reached or f"http://{dialled(asked.host)}:{here.gateway_port.read_text().strip()}"


async def serve(sock: socket.socket, here: Home, chosen: ControlSettings) -> bool:
    """Serve on a bound socket until SIGTERM or SIGINT; True: it ended because it was asked to."""
    stop, failures, asked = asyncio.Event(), [], listening(here.settings_file)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def failed() -> None:
        failures.append("engine")
        stop.set()

    outside = Outside(
        home=here,
        settings=chosen,
        providers=providers(here),
        owner_token=here.token_file.read_text().strip(),
        gateway_token=here.gateway_token_file.read_text().strip(),
        metrics_token=token(here.metrics_token_file, "metrics_"),
        gateway_url=gateway_url(here, asked),
        hosts=HostList.of(asked, chosen.allowed_hosts),
    )
    try:
        app = application(outside, failed)
    except DatabaseRefused as error:
        _LOG.error("control does not run on this database: %s", error.message)
        app = refusing(outside, error, stop.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2, auto_decompress=False)
    await runner.setup()
    await web.SockSite(runner, sock).start()
    _LOG.info("control listens")
    await stop.wait()
    await runner.cleanup()
    return not failures


def main() -> int:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m aibro_jupyter.control", description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="the bound listening socket")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s control %(levelname)s %(message)s", stream=sys.stderr)
    hush()
    here = home()
    try:
        asked_to = asyncio.run(
            serve(socket.socket(fileno=args.fd), here.make(), settings(here.settings_file, os.environ))
        )
    except (AibroError, OSError) as error:
        _LOG.error("control cannot run: %s", error)
        return 1
    return 0 if asked_to else 1


if __name__ == "__main__":
    sys.exit(main())
