"""An instance as a gateway sees it, as a process of its own that may be killed: it does what the body tells it to.

``{"do": "answer"}`` answers who it is; "hang" works until killed (only the instance named in "at"); "until" works until there is a file of that "path"; "big" answers so many "bytes"; "die" ends at once; "cut" breaks the connection off the first "times"; "fail" answers with the ``X-Aibro-Failure`` named in "kind" the first "times" it sees a request.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections import Counter

from aibro_jupyter.http1 import Handlers, Request, Response, Server, run

TOKEN = "the instance's own token"
SEEN: Counter[str] = Counter()


async def handle(request: Request) -> Response:
    if request.bearer != TOKEN:
        return Response(status=401)
    request.detach()
    SEEN[request.text(b"x-aibro-request-id")] += 1
    try:
        asked = json.loads(request.body)
    except ValueError:
        asked = {}
    who = {"instance": sys.argv[1], "pid": os.getpid(), "content_type": request.text(b"content-type")}
    who["traceparent"] = request.text(b"traceparent")
    match asked.get("do"):
        case "hang" if asked.get("at") in (None, sys.argv[1]):
            print("hanging", flush=True)
            await asyncio.Event().wait()
        case "wait":
            await asyncio.sleep(asked["s"])
        case "until":
            while not os.path.exists(asked["path"]):  # noqa: ASYNC110, ASYNC240 -- another process makes it
                await asyncio.sleep(0.02)
        case "big":
            return Response(body=b"x" * asked["bytes"], content_type="text/plain")
        case "die":
            os._exit(1)
        case "cut" if SEEN[request.text(b"x-aibro-request-id")] <= asked["times"]:
            raise asyncio.CancelledError
        case "fail" if SEEN[request.text(b"x-aibro-request-id")] <= asked["times"]:
            return Response(status=503, headers={"X-Aibro-Failure": asked["kind"]})
        case "raise":
            return Response(status=500, body=b'{"error": {"code": "model-error", "message": "ValueError: no"}}')
        case "limit":
            return Response(status=504, headers={"X-Aibro-Failure": "time-limit"})
    timing = {"Server-Timing": f"model;dur={asked.get('s', 0) * 1000:.3f}"}
    return Response(body=json.dumps(who | {"body": request.body.decode("latin-1")}).encode(), headers=timing)


async def main() -> None:
    server = Server(Handlers(handle))
    sock = socket.create_server(("127.0.0.1", int(sys.argv[2])))
    await server.start(sock)
    print("{}:{}".format(*sock.getsockname()), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    run(main())
