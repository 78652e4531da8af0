"""What control is made of at run time, given from outside: a test gives a fake clock and a provider of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from aibro_jupyter.clock import Clock
from aibro_jupyter.control.engine.notify import Notice
from aibro_jupyter.control.engine.probe import Probe
from aibro_jupyter.control.engine.sync import Gateways
from aibro_jupyter.control.ledger.billing import PriceBook
from aibro_jupyter.control.ledger.store import Store
from aibro_jupyter.control.settings import ControlSettings
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import UnknownView
from aibro_jupyter.providers.base import Provider

T = TypeVar("T")


class RunBlocking(Protocol):
    """Runs a blocking call somewhere that does not block the event loop."""

    def __call__(self, call: Callable[..., T], /, *args: object) -> Awaitable[T]:
        """Return what the call returns."""
        ...


def nobody(url: str, notice: Notice) -> None:
    """Tell nobody."""


@dataclass(frozen=True, kw_only=True)
class World:
    """All that the engine and the handlers touch."""

    clock: Clock
    store: Store
    home: Home
    providers: Mapping[str, Provider]
    probe: Probe
    gateways: Gateways
    settings: ControlSettings
    run_blocking: RunBlocking = asyncio.to_thread
    backend_id: str = ""
    """Carried by everything that is launched from here."""
    unknown: dict[str, UnknownView] = field(default_factory=dict)
    """By id, the instances that the last sweep found and the database does not know."""
    notify: Callable[[str, Notice], None] = nobody
    """Tells an address of the owner's; returns at once."""

    @property
    def price_book(self) -> PriceBook:
        """How intervals are billed here."""
        return PriceBook(minimum_s=self.settings.minimum_s, disk_micros_per_hour=self.settings.disk_micros_per_hour)
