"""Who asks, and what was asked for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aibro_jupyter.client.secrets import hidden


class NobodyReads(BaseException):
    """What reads our output has gone, as ``head`` does: no error of anybody's, and nothing is left to say."""


def told(text: str) -> None:
    """Show a text at once; ``NobodyReads`` where its reader has gone."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise NobodyReads from None


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Where a verb was typed."""

    prog: str = "aibro"
    """How the person spells the command."""
    namespace: dict[str, Any] | None = None
    """The notebook's names, in which expressions are evaluated; None at the command line."""
    secret: Callable[[str], str] = hidden
    """Asks for something without showing it."""
    say: Callable[[str], None] = told
    """Shows a line at once, for what has no end yet."""
    machine: bool = False
    """A program reads the answer, as JSON."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """What was asked for, understood."""

    asker: Asker
    options: argparse.Namespace
