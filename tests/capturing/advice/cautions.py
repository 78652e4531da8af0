"""Warnings that propose something: what is said, and that it is said no more when the proposal is followed."""

from __future__ import annotations

from dataclasses import dataclass

from tests.capturing.kernel import Kernel


@dataclass(frozen=True, kw_only=True)
class Caution:
    """Cells whose capture warns, and the call that follows the warning's proposal."""

    cells: tuple[str, ...]
    warned: str
    call: str
    again: str
    files: tuple[tuple[str, str], ...] = ()


TABLE = {
    "no sample": Caution(
        cells=("def predict(x): return x",),
        warned="was loaded in a clean process but not called; pass sample=...",
        call="predict", again="predict, sample=1",
    ),
    "the request decides": Caution(
        cells=("def predict(lang): return open(lang + '.txt').read()",), files=(("en.txt", "a"), ("de.txt", "b")),
        warned="--file GLOB brings the others", call="predict, sample='en'", again="predict, sample='en', files='*.txt'",
    ),
}  # fmt: skip


def heed(notebook: Kernel, caution: Caution) -> None:
    """Have a capture warn, follow its proposal, and have the next one say no more of it."""
    for name, text in caution.files:
        (notebook.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (notebook.folder / name).write_text(text)
    notebook.run(*caution.cells)
    warned = notebook.capture(caution.call)
    assert caution.warned in warned.warnings, warned.told
    made = notebook.capture(caution.again)
    assert made.proved == 1, made.told
    assert caution.warned not in made.warnings, made.told
