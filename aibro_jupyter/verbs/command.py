"""Who asks, and what was asked for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aibro_jupyter.client.secrets import hidden


def _said(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Where a verb was typed."""

    prog: str = "aibro"
    """How the person spells the command."""
    namespace: dict[str, Any] | None = None
    """The notebook's names, in which expressions are evaluated; None at the command line."""
    secret: Callable[[str], str] = hidden
    """Asks for something without showing it."""
    say: Callable[[str], None] = _said
    """Shows a line at once, for what has no end yet."""
    machine: bool = False
    """A program reads the answer, as JSON."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """What was asked for, understood."""

    asker: Asker
    options: argparse.Namespace
