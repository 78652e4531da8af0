"""What a page of Markdown says: its spans of code, blocks, links, headings, and the commands in them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from aibro_jupyter.verbs.table import parsed

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"%{0,2}aibro [a-z]")


def blocks(text: str, *kinds: str) -> list[str]:
    """Return the fenced blocks of these kinds."""
    return [body for kind, body in _FENCE.findall(text) if kind in kinds]


def spans(text: str) -> list[str]:
    """Return what stands in backticks, fenced blocks left out."""
    return re.findall(r"`([^`\n]+)`", _FENCE.sub("", text))


def links(text: str) -> list[str]:
    """Return where links lead, images included; addresses on the web left out."""
    found = re.findall(r"\]\(([^)\s]+)\)", _FENCE.sub("", text))
    return [target for target in found if "://" not in target]


def anchors(text: str) -> set[str]:
    """Return what `#…` may name: the headings as MkDocs spells them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def commands(text: str) -> list[str]:
    """Return every command of ours that a page proposes to type, without the magic's signs and the shell's comments."""
    return [line.lstrip("%") for line in typed(text)]


def typed(text: str) -> list[str]:
    """Return every command of ours that a page proposes, as it is typed in a notebook (``%``) or a terminal."""
    lines = [line for block in blocks(text, "text", "sh", "python") for line in block.splitlines()]
    shown = [*lines, *spans(text)]
    return [re.sub(r"\s+#.*", "", one) for one in shown if _COMMAND.match(one) and "…" not in one]


def understood(line: str) -> bool:
    """Tell whether a command names a verb and options that there are; a wrong one raises what a person would read."""
    prog, *words = shlex.split(line)
    return bool(parsed(prog, [word for word in words if word != "--json"]).verb == words[0])


def targets() -> set[str]:
    """Return the targets of the Makefile."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def make_words(text: str) -> set[str]:
    """Return the targets that a page names."""
    lines = [line for block in blocks(text, "sh", "text") for line in block.splitlines()]
    return {found[1] for one in [*lines, *spans(text)] if (found := re.match(r"make ([a-z-]+)", one))}
