"""What every error is: a fact with a stable code, an HTTP status, what happened and what to do about it."""

from __future__ import annotations

import re
from typing import ClassVar

DETAIL_LINES = 3
"""Of a longer story a person reads this many lines; ``details`` has them all."""
_OWN_FRAME = re.compile(r'\s*File "[^/<]')
"""A traceback's frame in the model's own repo, whose paths are relative."""


class AibroError(Exception):
    """Something a person should read.

    ``message`` says what happened in one line, ``fix`` what to do about it (may be empty), ``details`` the
    lines that matter of a longer story, such as a traceback or the output of an installer.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, fix: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.details = details

    def __str__(self) -> str:
        return f"{self.message}\n  {self.fix}" if self.fix else self.message

    @property
    def explained(self) -> str:
        """The code whose explanation helps most."""
        return self.code

    def story(self) -> list[str]:
        """Return what a person reads, at most five lines: what happened, the details that matter, what to do."""
        said = [line for line in self.details.splitlines() if line.strip()]
        details = [
            line for line in self._most_telling(said) if line.strip().partition(". Fix: ")[0] not in self.message
        ]
        explain = f"`%aibro explain {self.explained}` says more"
        fix = f"{self.fix} · {explain}" if self.fix else explain
        return [self.message, *(f"  {line}" for line in details), f"  {fix}"]

    def _most_telling(self, details: list[str]) -> list[str]:
        """Return the user's own line of a traceback and how it ended; of anything else the last lines."""
        own = [number for number, line in enumerate(details) if _OWN_FRAME.match(line)]
        if own and len(details) > DETAIL_LINES:
            return [*details[own[-1] : own[-1] + 2], details[-1]]
        return details[-DETAIL_LINES:]

    def _render_traceback_(self) -> list[str]:
        """Tell IPython what to show instead of a traceback through our code."""
        first, *rest = self.story()
        return [f"✗ {first}", *rest]
