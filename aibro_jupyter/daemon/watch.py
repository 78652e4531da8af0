"""Whether a child that lives also answers; one that hangs is killed, and started again like any other that ended."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from subprocess import Popen

import requests

from aibro_jupyter import clock
from aibro_jupyter.daemon.child import Child

EVERY_S = 2.0
"""Chosen: as good as nothing for who is asked."""
ANSWER_S = 5.0
"""Chosen: a busy computer delays an answer by a second or two."""
MISSES = 3
"""Chosen: so many questions in a row without an answer are no delay any more."""
_AT_START_S = 0.2
"""Chosen: who has come up is known to, before anything can befall it."""
STARTING_S = 120.0
"""How long one that never answered may take to come up: as long as a client waits for a start."""
_ASLEEP_S = 2 * ANSWER_S + EVERY_S
"""Longer than a question and its pause can take: then this process, or the whole computer, did not run."""


@dataclass
class Watch:
    """Asks one child again and again, in its own thread. Any answer will do, a refusal too; only silence counts."""

    child: Child
    url: str
    ending: threading.Event
    _asked: Popen[bytes] | None = field(default=None, init=False)
    _answered: bool = field(default=False, init=False)
    _misses: int = field(default=0, init=False)
    _last_at: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Watch until ``ending`` is set."""
        threading.Thread(target=self._run, name=f"watch {self.child.name}", daemon=True).start()

    def _run(self) -> None:
        while not self.ending.wait(EVERY_S if self._asked is self.child.process and self._answered else _AT_START_S):
            process = self.child.process
            if process is None:
                continue
            self.heard(process, answers=_answers(self.url), now=clock.now())
            if self._misses >= MISSES and not self.ending.is_set():
                logging.getLogger(__name__).warning(
                    "%s (%d) lives but does not answer: it is killed and started again", self.child.name, process.pid
                )
                self._misses = 0
                process.kill()

    def heard(self, process: Popen[bytes], *, answers: bool, now: float) -> int:
        """Take what came of one question; return how many in a row were in vain."""
        if process is not self._asked:
            self._asked, self._answered, self._misses = process, False, 0
        slept, self._last_at = now - self._last_at > _ASLEEP_S, now
        self._answered = self._answered or answers
        starting = not self._answered and now - self.child.started_at < STARTING_S
        # After a sleep of the computer everybody is late once.
        self._misses = 0 if answers or slept or starting else self._misses + 1
        return self._misses


def _answers(url: str) -> bool:
    """Tell whether it answers in time; a connection that breaks at once is the death of a child, which others see."""
    try:
        # A connection of its own each time: what is kept open says nothing of who accepts.
        with requests.Session() as session:
            session.trust_env = False
            session.get(f"{url}/healthz", timeout=ANSWER_S, stream=True, allow_redirects=False).close()
    except requests.Timeout:
        return False
    except requests.RequestException:
        return True
    return True
