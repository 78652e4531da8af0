"""What stands behind a server: it lets heads in, takes whole requests, and hears of clients that leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aibro_jupyter.http1.head import Head
from aibro_jupyter.http1.message import Made

if TYPE_CHECKING:
    from aibro_jupyter.http1.caller import Caller


class Service(Protocol):
    """What stands behind a server."""

    @property
    def rev(self) -> object:
        """What it says of a head holds as long as this is the same object; None: not at all."""
        ...

    def admit(self, head: Head) -> Made | None:
        """Return what a head is refused with before its body comes; None lets it come."""
        ...

    def arrived(self, caller: Caller, head: Head, body: bytes) -> None:
        """Take a whole request. ``caller.answer`` must follow, or ``caller.ending``, ``write`` and ``done``."""
        ...

    def left(self, caller: Caller) -> None:
        """The client of the request under way has gone, as far as TCP tells."""
        ...

    def reads(self, caller: Caller, reading: bool) -> None:
        """The client does not read the answer under way as fast as it comes, or does so again."""
        ...
