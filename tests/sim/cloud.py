"""A cloud as it is: calls fail before or after taking effect, are slow, happen late or twice; looks are stale."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from aibro_jupyter.control.ledger.rows import InstanceRow
from aibro_jupyter.errors import LaunchRefused
from aibro_jupyter.machines import Market
from aibro_jupyter.protocol import Boot, Health
from aibro_jupyter.providers.base import Seen, State
from tests.fakes import FakeProvider
from tests.sim.weather import Weather

STALE_S = 12.0
LATE_S = (0.2, 4.0, 40.0, 90.0)
_AT_ONCE = {"price_micros", "offers", "can_stop", "interruptions"}
_LOOKS = {"look", "owned"}


class Cloud(FakeProvider):
    """The fake provider behind an unreliable network. ``ran``, its own bill, is the oracle for the ledger."""

    def __init__(self, clock: Any, weather: Weather, **more: Any) -> None:
        super().__init__(clock=clock, **more)
        self.weather = weather
        self.spot_open = False
        self.on_down: Callable[[str, str], None] = lambda call, instance_id: None
        """Told before an instance goes down: by which call (or "crash")."""
        self.heard_at: dict[str, float] = {}
        """When each agent last answered control."""
        self._notices: dict[str, float] = {}
        self._history: list[tuple[float, dict[str, Seen]]] = []

    # --- the network between control and the provider -----------------------------------------------------------------

    async def call(self, strike: Callable[[str], None], function: Callable[..., Any], *args: Any) -> Any:
        """Run a provider's call as a network would; ``strike`` may end control before and after it."""
        name, weather, loop = function.__name__, self.weather, asyncio.get_running_loop()
        if name in _AT_ONCE:
            return function(*args)
        strike(f"before {name}")
        await asyncio.sleep(weather.delay_s())
        if weather.strikes("before"):
            raise OSError(f"{name}: throttled")
        if name == "look" and weather.strikes("stale"):
            return self._older(args[0]) or function(*args)
        if name not in _LOOKS and weather.strikes("late"):
            loop.call_later(weather.dice.choice(LATE_S), self._late, function, args)
            return None
        found = function(*args)
        if name not in _LOOKS and weather.strikes("twice"):
            loop.call_later(weather.dice.choice(LATE_S), self._late, function, args)
        strike(f"after {name}")
        await asyncio.sleep(weather.delay_s())
        if weather.strikes("after"):
            raise OSError(f"{name}: no reply")
        return found

    def _late(self, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        if function.__name__ in ("launch", "terminate") or args[0] in self.machines:
            function(*args)

    def look(self, instance_ids: Sequence[str]) -> dict[str, Seen]:
        seen = super().look(instance_ids)
        for name in seen.keys() & self._notices.keys():
            seen[name] = replace(seen[name], interrupt_at=self._notices[name])
        if self.weather.strikes("stale"):
            self._history.append((self.clock.now(), seen))
        return seen

    def _older(self, instance_ids: Sequence[str]) -> dict[str, Seen] | None:
        for at, seen in self._history:
            if self.clock.now() - at <= STALE_S and all(name in seen for name in instance_ids):
                return {name: seen[name] for name in instance_ids}
        return None

    # --- its spot market ----------------------------------------------------------------------------------------------

    def offers(self, machine: str, market: Market) -> bool:
        return market is Market.ON_DEMAND or self.spot_open

    def can_stop(self, market: Market) -> bool:
        return self.stoppable and market is Market.ON_DEMAND

    def launch(self, instance_id: str, machine: str, market: Market, boot: Boot) -> None:
        if market is Market.SPOT and not self.spot_open and instance_id not in self.machines:
            raise LaunchRefused("no spot capacity", reason="capacity")
        super().launch(instance_id, machine, market, boot)

    def take_back(self, notice_s: float) -> None:
        """Take every spot instance back, after a notice; 0: without any."""
        for name, found in list(self.machines.items()):
            if found.market is Market.SPOT and found.state in (State.PENDING, State.RUNNING):
                if notice_s:
                    self._notices[name] = self.clock.now() + notice_s
                    asyncio.get_running_loop().call_later(notice_s, self.crash, name, "taken back")
                else:
                    self.crash(name, "taken back")

    # --- what happens there -------------------------------------------------------------------------------------------

    def end(self, instance_id: str, state: State, at: float, why: str = "") -> None:
        if instance_id in self.machines and self.machines[instance_id].state is State.RUNNING:
            call = "stop" if state is State.STOPPED else "terminate"
            self.on_down(self._ending or call, instance_id)
        super().end(instance_id, state, at, why)

    _ending = ""

    def crash(self, instance_id: str, why: str = "killed") -> None:
        self._ending = "crash"
        try:
            super().crash(instance_id, why)
        finally:
            self._ending = ""

    def answers(self, instance_id: str) -> bool:
        """Tell whether a request to an instance can be answered now."""
        found = self.machines.get(instance_id)
        return found is not None and found.state is State.RUNNING

    async def health(self, row: InstanceRow, endpoint: str) -> Health | None:
        await asyncio.sleep(self.weather.delay_s())
        if not self.answers(row.instance_id) or self.weather.strikes("mute"):
            return None
        self.heard_at[row.instance_id] = self.clock.now()
        return await super().health(row, endpoint)
