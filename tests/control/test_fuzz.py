"""Whatever bytes come, control answers them with a refusal or not at all: never with a fault, and its log stays small."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.control.conftest import Control

REQUESTS = 25_000
SEEDS = (9, 20261125)
OWNER, GATEWAY = b"secret_owner", b"secret_gateway"
WORDS = (
    b"-1", b"0", b"99999999999999999999", b"1e400", b"nan", b"-inf", b"%00", b"%F0%9F%90%8D", b"%ED%A0%80", b"9" * 5000,
    b"..%2f..%2ftoken", b"%2e%2e", b"a" * 3000, b"inf_", b"\xff\xfe", b"%", b"%zz", b"+", b"%0d%0aX-Evil:%201", b"\x00",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 2**64, -(2**200), 1e308, 0.1, "", "x" * 5000, "\x00", "\ud800", "😀", "../../token", [], {},
    [[]], [None], {"": None}, {"a": {"b": []}}, "inf_1", "public", "here", ["a", "a"], {"standby": 3}, "c5.large",
)  # fmt: skip
BODIES = (
    b"", b"null", b"[]", b"{", b"{}", b"NaN", b'"', b"\xff\xfe", b"[" * 50_000, b'{"a":' * 20_000, b"1" * 100_000,
    b'{"job_id": "x", "job_id": "y"}', b"\x00" * 100, b'{"model_name": "\\ud83d"}', b"\xef\xbb\xbf{}",
)  # fmt: skip


def test_twenty_five_thousand_malformed_requests(control: Control) -> None:
    seen: Counter[bytes] = Counter()
    for seed in SEEDS:
        chance = random.Random(seed)
        operations = _operations(control)
        for number in range(REQUESTS // len(SEEDS)):
            request = _request(chance, operations)
            answer = control.told(request)
            assert not answer.startswith(b"HTTP/1.1 5"), (seed, number, request[:2000], answer[:500])
            assert b"Traceback" not in answer
            seen[answer[9:12]] += 1
    assert seen[b"400"] + seen[b"404"] > REQUESTS // 2, "most of it is read, and refused"
    assert min(seen[kind] for kind in (b"401", b"403", b"405")) > REQUESTS // 500
    assert control.status().jobs == (), "nothing came of it"
    log = (control.home.logs / "control.log").read_bytes()
    assert len(log) < 100_000
    assert b"secret_" not in log
    assert b"Traceback" not in log
    assert b"requests that could not be read" in log


def _operations(control: Control) -> list[tuple[str, str, list[str]]]:
    """Every operation of the API: method, path, and the names in the message that it takes."""
    told = control.call("GET", "/api/openapi.json").json()
    found = []
    for path, methods in told["paths"].items():
        if path.endswith("/park"):
            continue  # it waits for instances, of which there are none, and does what it should
        for method, operation in methods.items():
            named = json.dumps(operation.get("requestBody", {}))
            schemas = [schema for name, schema in told["components"]["schemas"].items() if f'/{name}"' in named]
            found.append((method.upper(), path, [name for schema in schemas for name in schema.get("properties", {})]))
    assert len(found) > 25
    return found


def _request(chance: random.Random, operations: list[tuple[str, str, list[str]]]) -> bytes:
    """Return a request that is wrong in at least one of many ways."""
    method, path, names = chance.choice(operations)
    wrong = chance.choice(WORDS)
    named = wrong if chance.random() < 0.3 else b"inf_1"
    target = "".join(part if part[:1] != "{" else "@" for part in _parts(path)).encode().replace(b"@", named)
    if chance.random() < 0.3:
        name = chance.choice((b"after", b"wait_s", b"lines", b"hours", b"model_name", b"gateway", b"request_id"))
        target += b"?" + name + b"=" + chance.choice(WORDS)
    if "/routes" in path:
        target += b"&wait_s=0" if b"?" in target else b"?wait_s=0"
    token = GATEWAY if path.startswith("/api/gateway") else OWNER
    head = [b"Host: localhost", b"Connection: close", b"Authorization: Bearer " + token]
    body = _body(chance, names) if method != "GET" or chance.random() < 0.1 else b""
    head.append(b"Content-Length: %d" % len(body))
    chance.choice(_HOW)(chance, head, wrong)
    start, version = method.encode(), b"HTTP/1.1"
    if chance.random() < 0.1:
        start = chance.choice((b"PATCH", b"TRACE", b"get", wrong))
        version = chance.choice((b"HTTP/1.0", b"HTTP/9", b"", wrong))
    return start + b" " + target + b" " + version + b"\r\n" + b"\r\n".join(head) + b"\r\n\r\n" + body


def _parts(path: str) -> list[str]:
    return path.replace("{", "|{").replace("}", "}|").split("|")


def _body(chance: random.Random, names: list[str]) -> bytes:
    if not names or chance.random() < 0.3:
        return chance.choice(BODIES)
    some = chance.sample(names, chance.randint(1, len(names)))
    # Without Python's own check: a lone surrogate is what a hostile caller sends.
    return json.dumps({name: chance.choice(VALUES) for name in some}).encode("utf-8", "surrogatepass")


def _nothing(_chance: random.Random, _head: list[bytes], _wrong: bytes) -> None:
    return


def _token(chance: random.Random, head: list[bytes], wrong: bytes) -> None:
    head[2] = b"Authorization: " + chance.choice((b"Bearer ", b"Basic ", b"bearer\t", b"")) + wrong


def _host(_chance: random.Random, head: list[bytes], wrong: bytes) -> None:
    head[0] = b"Host: " + wrong


def _length(chance: random.Random, head: list[bytes], wrong: bytes) -> None:
    # What is longer than it says is a second request; what is shorter would be waited for.
    head[3] = b"Content-Length: " + chance.choice((wrong, b"0", b"-1", b"+3", b"1, 1", b"0x10"))
    if chance.random() < 0.3:
        head.append(b"Transfer-Encoding: chunked")


def _field(chance: random.Random, head: list[bytes], wrong: bytes) -> None:
    name = chance.choice(
        (b"If-None-Match", b"Content-Type", b"Accept", b"X\xff", b"", b"Bad Name", b"Range", b"Cookie")
    )
    head.insert(chance.randrange(len(head)), name + chance.choice((b": ", b":", b"", b" : ")) + OWNER + wrong)


def _fold(_chance: random.Random, head: list[bytes], wrong: bytes) -> None:
    head.append(b" folded " + OWNER + wrong)


def _twice(_chance: random.Random, head: list[bytes], _wrong: bytes) -> None:
    head.append(head[0])


def _packed(chance: random.Random, head: list[bytes], _wrong: bytes) -> None:
    head.append(b"Content-Encoding: " + chance.choice((b"gzip", b"deflate", b"br", b"identity", b"zstd")))


_HOW: tuple[Callable[[random.Random, list[bytes], bytes], None], ...] = (
    _nothing, _nothing, _token, _host, _length, _field, _fold, _twice, _packed,
)  # fmt: skip


@pytest.mark.parametrize("token", [b"\xff", b"secret_owner\xff", "schlüssel".encode(), b""])
def test_a_token_that_is_no_text_is_a_wrong_one(control: Control, token: bytes) -> None:
    control.status()
    head = b"GET /api/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
    assert control.told(head + token + b"\r\n\r\n").startswith(b"HTTP/1.1 401")
