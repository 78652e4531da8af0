"""Cards for terminals: plain lines, where a tone is a mark and labels are a column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from aibro_jupyter.views.card import (
    Action,
    Block,
    Card,
    Figure,
    Head,
    Lines,
    Part,
    Picture,
    Remark,
    Row,
    Stage,
    Table,
    Tone,
    Trail,
)

MARKS = {Tone.OK: "✓", Tone.WARN: "!", Tone.FAIL: "✗"}
GOING = "…"
_LABEL = 8
"""The longest of the usual labels, "captured"."""
_INDENT = "  "


def text(card: Card) -> str:
    """Return a card as lines, without a newline at the end."""
    return "\n".join(_lines(card))


def stage_text(stage: Stage) -> str:
    """Return one step of a trail."""
    return " ".join(filter(None, (stage.name, stage.text, MARKS.get(stage.tone, GOING))))


def joined(parts: Sequence[Part]) -> str:
    """Return parts as one text."""
    return "".join(map(str, parts))


def right_columns(table: Table) -> frozenset[int]:
    """Return which columns hold figures, and so stand to the right."""
    columns = enumerate(zip_longest(*table.rows, fillvalue=""))
    return frozenset(index for index, cells in columns if any(isinstance(cell, Figure) for cell in cells))


def action_text(action: Action) -> str:
    """Return what can be done, the command in backticks."""
    return f"`{action.command}` {action.text}" if action.command else action.text


def _lines(card: Card) -> Iterator[str]:
    if card.head is not None:
        yield from _head(card.head)
    indent = _INDENT if card.head is not None else ""
    labels = [block.label for block in card.body if isinstance(block, Row)]
    width = max(_LABEL, *map(len, labels), 0)
    for block in card.body:
        yield from _block(block, indent, width)
    if card.actions:
        yield f"{indent}{'next':<{width}}  {' · '.join(map(action_text, card.actions))}"


def _head(head: Head) -> Iterator[str]:
    aside = f"   {head.aside}" if str(head.aside) else ""
    yield f"{_marked(joined(head.parts), head.tone)}{aside}"
    if head.address is not None:
        yield f"{_INDENT}{head.address}"


def _block(block: Block, indent: str, width: int) -> Iterator[str]:
    match block:
        case Row():
            yield f"{indent}{block.label:<{width}}  {_marked(joined(block.parts), block.tone)}".rstrip()
        case Table():
            yield from (f"{indent}{line}".rstrip() for line in _table(block))
        case Lines():
            yield from (line for line, _ in block.lines)
        case Remark():
            yield f"{indent}{_marked(block.text, block.tone)}"
        case Trail():
            yield " · ".join(map(stage_text, block.stages))
        case Card():
            yield from _lines(block)
        case Picture():
            pass


def _marked(said: str, tone: Tone) -> str:
    return f"{MARKS[tone]} {said}" if tone in MARKS else said


def _table(table: Table) -> Iterator[str]:
    rows = [*([table.head] if table.head else []), *(tuple(map(str, cells)) for cells in table.rows)]
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    right = right_columns(table)
    for cells in rows:
        padded = (
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=False))
        )
        yield "  ".join(padded)
