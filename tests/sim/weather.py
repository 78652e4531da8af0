"""What goes wrong in one seed, and how often: each seed has a climate of its own, and calm at its end."""

from __future__ import annotations

import random

KINDS = ("before", "after", "late", "twice", "stale", "slow", "mute", "crash", "drop", "straggle")
"""A call fails before or after its effect, has it late or twice; a look is stale; a call is slow; an agent is mute;
control is killed in the midst of something; a gateway's message is lost, or arrives late and out of order."""


class Weather:
    """Answers one question: does this kind of fault strike now?"""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        chosen = dice.sample(KINDS, k=dice.choice([1, 2, 3, len(KINDS)]))
        self._odds = {kind: dice.choice([0.02, 0.1, 0.3]) for kind in chosen}
        if "crash" in self._odds:
            self._odds["crash"] = dice.choice([0.003, 0.01])

    def strikes(self, kind: str) -> bool:
        odds = self._odds.get(kind)
        return odds is not None and self.dice.random() < odds

    def clear(self) -> None:
        """Nothing goes wrong from now on."""
        self._odds = {}

    def delay_s(self) -> float:
        """Return how long a call or a message is under way."""
        return self.dice.choice([0.5, 3.0, 9.0]) if self.strikes("slow") else self.dice.choice([0.0, 0.001, 0.05])
