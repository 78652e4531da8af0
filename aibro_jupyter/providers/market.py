"""A spot market for your own computer, written as a small script: so that all of spot can be seen on a laptop.

``market.json`` in the home, read anew when it changes; without it nothing is offered on spot:

    {"c5.large": {"offered": true, "micros_per_hour": 33000, "interrupt_after_s": 300, "notice_s": 120}}

``*`` stands for every machine that is not named. ``refused`` lets launches fail though the machine is offered.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from aibro_jupyter.errors import AibroError
from aibro_jupyter.protocol import DrillRequest, decode
from aibro_jupyter.providers.instance import LocalInstance

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class SpotOffer:
    """What the market does with one machine."""

    offered: bool = False
    refused: bool = False
    micros_per_hour: int | None = None
    """None: the price of the catalogue, which may be unknown."""
    interrupt_after_s: float | None = None
    """So long after it began, an instance is given notice; None: never."""
    notice_s: float = DrillRequest.notice_s
    """From the notice until it is taken back; 0: without any."""


_NOTHING = SpotOffer()


class LocalMarket:
    """The script, and what it does to instances that were bought on spot."""

    def __init__(self, script: Path) -> None:
        self._script = script
        self._read: tuple[int, dict[str, SpotOffer]] = (-1, {})
        """When the file that was read last was written, and what it says."""

    def of(self, machine: str) -> SpotOffer:
        """Return what the market does with a machine now."""
        offers = self._offers()
        return offers.get(machine, offers.get("*", _NOTHING))

    def act_on(self, instance: LocalInstance, now: float) -> None:
        """Give notice to a spot instance whose time has come."""
        machine = instance.spot_machine()
        began_at = None if machine is None else instance.forked_at()
        if machine is None or began_at is None:
            return
        offer = self.of(machine)
        after_s = offer.interrupt_after_s
        if after_s is None or now < began_at + after_s or instance.taken_at() is not None:
            return
        if instance.alive():
            instance.announce(began_at + after_s + offer.notice_s)

    def _offers(self) -> dict[str, SpotOffer]:
        try:
            written_ns = self._script.stat().st_mtime_ns
            if written_ns != self._read[0]:
                self._read = written_ns, decode(self._script.read_bytes(), dict[str, SpotOffer])
        except FileNotFoundError:
            self._read = (-1, {})
        except (AibroError, OSError) as error:
            # A script that is being written must not stop the looks; what it said before holds.
            _LOG.warning("the market's script cannot be read: %s", error)
        return self._read[1]
