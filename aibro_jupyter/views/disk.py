"""What a backend keeps on its disk, and what of it was not used any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aibro_jupyter import clock
from aibro_jupyter.figures import age, several, size
from aibro_jupyter.protocol import DiskView, PrunedView
from aibro_jupyter.views import View
from aibro_jupyter.views.card import Card, Figure, Head, Remark, Row, Table, Tone, Unit, row


def disk_rows(seen: DiskView) -> Iterator[Row]:
    """Yield a row for all of it and one a kind."""
    total = sum(line.bytes for line in seen.lines)
    yield row("disk", f"{size(total)} in the backend's home, {size(seen.free_bytes)} free")
    for line in seen.lines:
        yield row("", f"{line.kind}: {size(line.bytes)} ({line.count})", tone=Tone.QUIET)


def told(seen: DiskView) -> str:
    """Return it in one line, the largest first."""
    lines = sorted((line for line in seen.lines if line.bytes), key=lambda line: -line.bytes)
    return ", ".join(f"{line.kind} {size(line.bytes)}" for line in lines[:3])


@dataclass(frozen=True, kw_only=True, repr=False)
class Pruned(View):
    """What went, or would go."""

    gone: PrunedView

    def card(self) -> Card:
        """Return a line a thing, and why what is there stays."""
        return Card(head=Head(parts=(self._said(),)), body=tuple(self._rows()), facts=self.gone)

    def _said(self) -> str:
        gone = self.gone
        if gone.held:
            return "nothing was removed"
        if not gone.items:
            return "there is nothing that nobody uses"
        total = size(sum(item.bytes for item in gone.items))
        what = several(len(gone.items), "thing")
        return f"{what} would go: {total}" if gone.dry_run else f"✓ {what} removed: {total} free again"

    def _rows(self) -> Iterator[Row | Table | Remark]:
        gone = self.gone
        if gone.items:
            lines = tuple(
                (item.kind, item.name[:16], Figure(item.bytes, Unit.BYTES), f"{age(clock.now() - item.used_at)} ago")
                for item in sorted(gone.items, key=lambda item: -item.bytes)
            )
            yield Table(head=("kind", "name", "size", "last used"), rows=lines)
        if gone.events:
            verb = "would be forgotten" if gone.dry_run else "were forgotten"
            yield Remark(text=f"{several(gone.events, 'row')} of jobs that ended long ago {verb}; their bills stay")
        if gone.spared:
            yield Remark(text=f"{several(gone.spared, 'thing')} used within the last ten minutes stay: ask again later")
        if gone.held:
            yield Remark(text=gone.held)
