"""The little HTML that views are made of; whatever comes in is escaped, and colours follow the notebook's theme."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

FONT = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px);line-height:1.5"
NO_MATH = "mathjax_ignore tex2jax_ignore"
QUIET = "color:var(--jp-ui-font-color2,#616161)"
GOOD = "color:var(--jp-success-color1,#2e7d32)"
WARN = "color:var(--jp-warn-color1,#b35900)"
BAD = "color:var(--jp-error-color1,#c62828)"
_COLOURS = {"ok": GOOD, "warn": WARN, "fail": BAD, "quiet": QUIET}


def plain(text: str) -> str:
    """Return text as markup. A dollar stands alone in its element, or a notebook takes two prices for a formula."""
    return escape(text).replace("$", "<span>$</span>")


def span(text: str, tone: str = "") -> str:
    """Return text in a tone: ok, warn, fail or quiet."""
    style = f' style="{_COLOURS[tone]}"' if tone else ""
    return f"<span{style}>{plain(text)}</span>"


def preformatted(text: str) -> str:
    """Return text with its line breaks and columns."""
    return f'<pre style="{FONT};white-space:pre-wrap;margin:0">{escape(text)}</pre>'


def block(*parts: str) -> str:
    """Return ready markup, one part below the other."""
    return f'<div class="{NO_MATH}" style="{FONT}">' + "".join(f"<div>{part}</div>" for part in parts) + "</div>"


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Return labelled lines; labels are escaped here, values are ready markup."""
    wrap = "white-space:pre-wrap;overflow-wrap:anywhere"
    cells = "".join(
        f'<div style="{QUIET}">{escape(label)}</div><div style="{wrap}">{value}</div>' for label, value in rows
    )
    return f'<div style="display:grid;grid-template-columns:max-content 1fr;column-gap:1.2em">{cells}</div>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of plain text, escaped here."""
    cell = "padding:1px 1.2em 1px 0;text-align:left;vertical-align:top;white-space:pre-wrap;overflow-wrap:anywhere"
    top = "".join(f'<th scope="col" style="{cell};font-weight:normal;{QUIET}">{escape(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(f'<td style="{cell}">{plain(v)}</td>' for v in row) + "</tr>" for row in rows)
    whole = f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
    return f'<table class="{NO_MATH}" style="{FONT};border-collapse:collapse">{whole}</table>'


def copy_button(text: str) -> str:
    """Return a button that copies text; never give it a client id, for it is saved with the notebook."""
    script = "navigator.clipboard.writeText(this.dataset.text);this.textContent='copied'"
    style = "font-size:85%;cursor:pointer"
    return f'<button style="{style}" data-text="{escape(text)}" onclick="{escape(script)}">copy</button>'


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as text, columns two spaces apart."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows))
    return "\n".join(line.rstrip() for line in lines)
