"""An instance's process: ``--dir DIR``; started by a provider for that folder, of which it is the only agent."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from aibro_jupyter.errors import AibroError
from aibro_jupyter.http1 import ConnectionLimits, Server, run
from aibro_jupyter.modelio.descendants import end_below
from aibro_jupyter.providers.instance import BEAT_S
from aibro_jupyter.worker.agent import Agent
from aibro_jupyter.worker.logfile import LogFile
from aibro_jupyter.worker.service import REQUEST_ID
from aibro_jupyter.worker.volume import Volume

_LOG = logging.getLogger("aibro_jupyter.worker")
_LIMITS = ConnectionLimits(header_s=5.0, connections=256, body_bytes=256 * 1024 * 1024)
"""Only gateways and control come here, and a gateway's own limit on bodies is the one that counts."""


async def serve(volume: Volume) -> None:
    """Serve until SIGTERM or SIGINT, then finish the request under way."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    volume.say_nowhere()
    boot = volume.boot()
    log = LogFile(volume.log)
    agent = Agent(volume, boot, log)
    alive = asyncio.create_task(_say_alive(volume))
    alive.add_done_callback(lambda _: stop.set())
    sock = socket.create_server(("127.0.0.1", 0))
    server = Server(agent.service, limits=_LIMITS, varying=REQUEST_ID)
    await server.start(sock)
    volume.say_where("{}:{}".format(*sock.getsockname()))
    life = asyncio.create_task(agent.run())
    life.add_done_callback(lambda done: stop.set() if done.exception() else None)
    await stop.wait()
    await server.close(0 if alive.done() else boot.request_limit_s)
    volume.say_nowhere()
    await agent.close()
    if life.done():
        life.result()
    alive.cancel()


async def _say_alive(volume: Volume) -> None:
    """Say so for as long as the folder is there; returns when nobody could know of this instance any more."""
    with contextlib.suppress(FileNotFoundError):
        locks = volume.locks()
        while volume.locks() == locks:
            volume.say_alive()
            await asyncio.sleep(BEAT_S)
    _LOG.error("the instance's folder or lock is gone: it ends")


def main() -> int:
    """Read the arguments, take the lock and serve."""
    parser = argparse.ArgumentParser(prog="python -m aibro_jupyter.worker", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="the instance's folder, with its boot.json")
    volume = Volume(parser.parse_args().dir.absolute())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s worker %(levelname)s %(message)s", stream=sys.stderr)
    if volume.lock() is None:
        _LOG.info("another agent runs this instance")
        return 0
    volume.say_who()
    try:
        run(_serve_and_leave(volume))
    except (AibroError, OSError) as error:
        _LOG.error("the instance cannot run: %s", error)
        return 1
    return 0


async def _serve_and_leave(volume: Volume) -> None:
    """Serve; then end at once with all children, for a thread may still be building an environment."""
    await serve(volume)
    end_below(os.getpid())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
