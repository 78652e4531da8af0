"""Cards for notebooks: static HTML, everything that comes in escaped, colours those of the notebook's theme."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from urllib.parse import quote

from aibro_jupyter.views.card import (
    Action,
    Bar,
    Block,
    Card,
    Code,
    Figure,
    Head,
    Lines,
    Link,
    Part,
    Picture,
    Remark,
    Row,
    Stage,
    Table,
    Tone,
    Trail,
)
from aibro_jupyter.views.text import MARKS, right_columns, stage_text

_FONT = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px);line-height:1.5"
_NO_MATH = "mathjax_ignore tex2jax_ignore"
_WRAP = "white-space:pre-wrap;overflow-wrap:anywhere"
_COLOURS = {
    Tone.OK: "color:var(--jp-success-color1,#2e7d32)",
    Tone.WARN: "color:var(--jp-warn-color1,#b35900)",
    Tone.FAIL: "color:var(--jp-error-color1,#c62828)",
    Tone.QUIET: "color:var(--jp-ui-font-color2,#616161)",
}
_QUIET = _COLOURS[Tone.QUIET]
_FILL, _REST = "var(--jp-brand-color1,#1976d2)", "var(--jp-layout-color3,#bdbdbd)"
_CODE = "user-select:all;background:rgba(128,128,128,.12);border-radius:2px"
_LINK = "color:var(--jp-content-link-color,#1976d2)"
_CELL = f"padding:1px 1.2em 1px 0;vertical-align:top;{_WRAP}"


def html(card: Card) -> str:
    """Return a card as markup that reads the same when a saved notebook is opened again."""
    parts = "".join(f"<div>{part}</div>" for part in _parts(card))
    return f'<div class="{_NO_MATH}" style="{_FONT}">{parts}</div>'


def _parts(card: Card) -> Iterator[str]:
    if card.head is not None:
        yield from _head(card.head)
    # Rows that follow each other share one grid, or their labels would not stand below each other.
    for kind, blocks in groupby((*card.body, *_next(card.actions)), key=type):
        if kind is Row:
            yield _grid([block for block in blocks if isinstance(block, Row)])
        else:
            for block in blocks:
                yield from _block(block)


def _next(actions: Sequence[Action]) -> Iterator[Row]:
    parts = [part for action in actions for part in (" · ", *_action(action))][1:]
    if parts:
        yield Row(label="next", parts=tuple(parts))


def _action(action: Action) -> tuple[Part, ...]:
    return (Code(action.command), f" {action.text}") if action.command else (action.text,)


def _head(head: Head) -> Iterator[str]:
    said = _toned(_joined(head.parts), head.tone)
    aside = f" &nbsp;{_toned(_part(head.aside), Tone.QUIET)}" if str(head.aside) else ""
    yield f'<strong style="{_WRAP}">{said}</strong>{aside}'
    if head.address is not None:
        yield f'<div style="margin:2px 0">{_part(head.address)}</div>'


def _block(block: Block) -> Iterator[str]:
    match block:
        case Table():
            yield _table(block)
        case Lines():
            yield _preformatted(block)
        case Remark():
            yield _toned(_plain(block.text), block.tone)
        case Trail():
            yield f'<div role="status">{" · ".join(map(_stage, block.stages))}</div>'
        case Picture():
            yield block.svg
        case Card():
            parts = "".join(f"<div>{part}</div>" for part in _parts(block))
            yield f'<div style="margin-bottom:.6em">{parts}</div>'
        case Row():
            yield _grid([block])


def _grid(rows: Sequence[Row]) -> str:
    cells = "".join(
        f'<div style="{_QUIET}">{escape(row.label)}</div>'
        f'<div style="{_WRAP}">{_toned(_joined(row.parts), row.tone)}</div>'
        for row in rows
    )
    return f'<div style="display:grid;grid-template-columns:minmax(8ch,max-content) 1fr;column-gap:2ch">{cells}</div>'


def _table(table: Table) -> str:
    styles = [
        f"{_CELL};text-align:{'right' if index in right_columns(table) else 'left'}"
        for index in range(max(map(len, (table.head, *table.rows)), default=0))
    ]
    heads = "".join(
        f'<th scope="col" style="{style};font-weight:normal;{_QUIET}">{escape(name)}</th>'
        for name, style in zip(table.head, styles, strict=False)
    )
    head = f"<thead><tr>{heads}</tr></thead>" if heads else ""
    body = "".join(f"<tr>{_cells(cells, styles)}</tr>" for cells in table.rows)
    return f'<table class="{_NO_MATH}" style="{_FONT};border-collapse:collapse">{head}<tbody>{body}</tbody></table>'


def _cells(cells: Sequence[Part], styles: Sequence[str]) -> str:
    return "".join(f'<td style="{style}">{_part(cell)}</td>' for cell, style in zip(cells, styles, strict=False))


def _preformatted(block: Lines) -> str:
    said = "\n".join(
        f'<span style="{_COLOURS[tone]}">{escape(line)}</span>' if tone in _COLOURS else escape(line)
        for line, tone in block.lines
    )
    return f'<pre style="{_FONT};white-space:pre-wrap;margin:0">{said}</pre>'


def _stage(stage: Stage) -> str:
    said = f'<span style="{_COLOURS.get(stage.tone, _QUIET)}">{escape(stage_text(stage))}</span>'
    if stage.share is None:
        return said
    done, of = stage.share
    told = f'role="progressbar" aria-label="{escape(stage.name)}" aria-valuenow="{done}" aria-valuemax="{of}"'
    return f"{said} {_filled(done / of, told)}"


def _filled(share: float, told: str) -> str:
    part = f"{100 * min(max(share, 0.0), 1.0):.0f}%"
    fill = f"linear-gradient(to right,{_FILL} {part},{_REST} {part})"
    style = f"display:inline-block;vertical-align:middle;width:7em;height:.5em;border-radius:2px;background:{fill}"
    return f'<span {told} style="{style}"></span>'


def _toned(markup: str, tone: Tone) -> str:
    mark = f"{MARKS[tone]} " if tone in MARKS else ""
    style = f' style="{_COLOURS[tone]}"' if tone in _COLOURS else ""
    return f"<span{style}>{mark}{markup}</span>"


def _joined(parts: Sequence[Part]) -> str:
    return "".join(map(_part, parts))


def _part(part: Part) -> str:
    match part:
        case str() | Figure():
            return _plain(str(part))
        case Code():
            code = f'<code style="{_CODE}">{_plain(part.text)}</code>'
            return f"{code} {_copy_button(part.text)}" if part.button else code
        case Link():
            return f' &nbsp;<a style="{_LINK}" href="{escape(quote(part.path))}">{_plain(part.text)}</a>'
        case Bar():
            return _filled(part.share, f'role="img" aria-label="{100 * part.share:.0f} %"')


def _plain(text: str) -> str:
    """Return text as markup. A dollar stands alone in its element, or a notebook takes two prices for a formula."""
    return escape(text).replace("$", "<span>$</span>")


def _copy_button(text: str) -> str:
    script = "navigator.clipboard.writeText(this.dataset.text);this.textContent='copied'"
    style = "font-size:85%;cursor:pointer"
    return f'<button style="{style}" data-text="{escape(text)}" onclick="{escape(script)}">copy</button>'
