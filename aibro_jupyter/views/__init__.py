"""What people are shown: every view has text for terminals, html for notebooks and plain data for machines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from aibro_jupyter.views.markup import preformatted


class View(ABC):
    """Something to show. It holds no token, and client ids only masked unless they were asked for by name."""

    @abstractmethod
    def text(self) -> str:
        """Return it for a terminal, without a newline at the end."""

    @abstractmethod
    def html(self) -> str:
        """Return it for a notebook, with everything of the user's escaped."""

    @abstractmethod
    def data(self) -> Any:
        """Return it as what JSON can hold."""

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": self.html()}


@dataclass(frozen=True, kw_only=True, repr=False)
class Note(View):
    """Some lines of text, and the facts behind them."""

    body: str
    facts: Any = None

    def text(self) -> str:
        """Return the lines."""
        return self.body

    def html(self) -> str:
        """Return the lines as they are."""
        return preformatted(self.body)

    def data(self) -> Any:
        """Return the facts; without any, the lines."""
        return {"text": self.body} if self.facts is None else self.facts


__all__ = ["Note", "View"]
