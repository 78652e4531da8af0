"""One accepted request, and what became of its tries."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from aibro_jupyter.http1 import Caller, Head

if TYPE_CHECKING:
    from aibro_jupyter.gateway.gate import Gate
    from aibro_jupyter.gateway.link import Link


class Broke(StrEnum):
    """What ended a try that had reached an instance, as its caller reads it."""

    PROCESS = "the model's process ended"
    INSTANCE = "its instance was lost"
    NEIGHBOUR = "its instance was lost with others beside it"
    CONNECTION = "the connection to its instance broke"


_TRACEPARENT = re.compile(
    rb"(?!ff)(?!00.{53}-)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[!-~]*)?"
)
"""As W3C's Trace Context has it; only a version after 00 may say more."""
GZIP = "gzip"


class Admitted:
    """What is known of a head that was let in: whose request it is, and what of it goes to the instance."""

    __slots__ = ("at_most_once", "client", "fields", "gate", "packed", "shown", "trace_id")

    def __init__(self, gate: Gate, client: Hashable, head: Head, shown: Mapping[str, str]) -> None:
        self.gate = gate
        self.client = client
        """By whom turns go; None: by the address that the request came from."""
        kind = head.fields.get(b"content-type")
        self.fields = b"Content-Type: %s\r\nContent-Length: " % kind if kind else b"Content-Length: "
        """Lines of the head for the instance, up to the length of the body."""
        parent = head.fields.get(b"traceparent")
        trace = None if parent is None else _TRACEPARENT.fullmatch(parent)
        self.trace_id = "" if trace is None else trace[1].decode()
        """Of the trace that the caller says it belongs to; empty: of none."""
        if trace is not None:
            self.fields = b"Traceparent: %s\r\n%s" % (trace[0], self.fields)
        self.at_most_once = head.text(b"x-aibro-at-most-once").lower() in ("1", "true", "yes")
        """The caller would rather have an error than a second run."""
        self.packed = head.text(b"content-encoding") == GZIP
        self.shown = "".join(f"{name}: {value}\r\n" for name, value in shown.items()).encode("latin-1")
        """Lines that every answer to this caller gets."""


class Call:
    """One request on its way, from its last byte to its answer's last byte. Times are seconds of ``perf``."""

    __slots__ = (
        "admitted", "began", "body", "broke", "caller", "client", "head", "left", "link", "refused", "refused_at",
        "request_id", "sent", "waits_since",
    )  # fmt: skip

    def __init__(self, caller: Caller, head: Head, body: bytes, request_id: bytes, began: float) -> None:
        self.caller = caller
        self.head = head
        self.admitted: Admitted = head.admitted
        self.client: Hashable = None
        """Whose it is, for turns and allowances."""
        self.body = body
        self.request_id = request_id
        self.began = began
        self.sent = began
        """When it was sent to an instance the last time."""
        self.waits_since: float | None = None
        """None: it does not wait for its turn."""
        self.link: Link | None = None
        """The connection that it is under way on."""
        self.left = False
        """Whether its caller has gone, as far as TCP tells."""
        self.broke: tuple[Broke, ...] = ()
        """How each try ended that reached an instance."""
        self.refused = 0
        self.refused_at = 0.0
        """When it was refused for the first time."""

    @property
    def wanted(self) -> bool:
        """Tell whether its caller can still be answered."""
        return self.caller.call is self

    @property
    def marks(self) -> int:
        """Return how often it may have ended what worked on it: it was alone there."""
        return self.broke.count(Broke.PROCESS) + self.broke.count(Broke.INSTANCE)

    @property
    def tried(self) -> str:
        """How often it was tried and how that ended, for people."""
        first, *others = Counter(self.broke).items()
        if others:
            told = ", ".join(f"{_times(count)} {what}" for what, count in (first, *others))
            return f"tried {_times(len(self.broke))}: {told}"
        return f"tried {_times(len(self.broke))}, and {'' if first[1] == 1 else 'each time '}{first[0]}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
