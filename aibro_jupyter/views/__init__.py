"""What people are shown: a view makes one card, which is text for terminals, HTML for notebooks, data for machines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from aibro_jupyter.views import data, markup, text
from aibro_jupyter.views.card import Card, lines


class View(ABC):
    """Something to show. It holds no token, and client ids only masked unless they were asked for by name."""

    @abstractmethod
    def card(self) -> Card:
        """Return what is shown of it."""

    def text(self) -> str:
        """Return it for a terminal, without a newline at the end."""
        return text.text(self.card())

    def html(self) -> str:
        """Return it for a notebook, with everything of the user's escaped."""
        return markup.html(self.card())

    def data(self) -> Any:
        """Return it as what JSON can hold."""
        return data.data(self.card())

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

    def card(self) -> Card:
        """Return the lines as they are."""
        return Card(body=(lines(self.body),), facts={"text": self.body} if self.facts is None else self.facts)


__all__ = ["Note", "View"]
