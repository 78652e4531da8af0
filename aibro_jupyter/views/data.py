"""Cards for machines: their facts as what JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from aibro_jupyter.views.card import Card, Figure


def data(card: Card) -> Any:
    """Return the facts behind a card; a figure becomes its number, whose key names the unit."""
    return _plain(card.facts)


def _plain(fact: Any) -> Any:
    match fact:
        case Figure():
            return round(fact.value, 4)
        case Mapping():
            return {key: _plain(value) for key, value in fact.items()}
        case list() | tuple():
            return [_plain(value) for value in fact]
        case _:
            return msgspec.to_builtins(fact)
