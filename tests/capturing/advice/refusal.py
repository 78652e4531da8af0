"""A refusal, its advice and what follows that, and how the three are tried in a kernel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.capturing.kernel import Kernel


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Cells that are refused, what is said, and the cells that follow the advice."""

    at: str
    """Where the words come from: a file of ``aibro_jupyter/capturing`` and a function of it."""
    cells: tuple[str, ...]
    said: str
    fix: str
    followed: tuple[str, ...]
    call: str = "predict, sample=1"
    again: str = ""
    """The call of the second capture, if that follows the advice too."""
    files: tuple[tuple[str, str], ...] = ()


def follow(notebook: Kernel, refusal: Refusal) -> None:
    """Have a capture refused, follow its advice, and have the next one hold."""
    for name, text in refusal.files:
        place = Path(notebook.folder / name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    notebook.run(*refusal.cells)
    made = notebook.capture(refusal.call)
    assert made.refused, made.told
    assert refusal.said in made.refused + made.told["details"], made.told
    assert refusal.fix in made.told["fix"], made.told
    notebook.run(*refusal.followed)
    made = notebook.capture(refusal.again or refusal.call)
    assert made.told.get("proof", {}).get("samples") == made.proved, made.told
