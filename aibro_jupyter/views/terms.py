"""What callers may take of a model, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aibro_jupyter.masking import masked
from aibro_jupyter.protocol import Allowance, Terms
from aibro_jupyter.views import View
from aibro_jupyter.views.card import Card, Head, Row, Tone, row


def said(allowance: Allowance) -> str:
    """Return in words what a client may take."""
    parts = []
    if allowance.at_once is not None:
        parts.append(f"{allowance.at_once} request{'s' * (allowance.at_once != 1)} at once")
    if allowance.per_second is not None:
        parts.append(f"{allowance.per_second:g} a second")
    return ", ".join(parts) or "as much as there is"


@dataclass(frozen=True, kw_only=True, repr=False)
class TermsCard(View):
    """What callers of a job may take."""

    whose: str
    terms: Terms
    changed: bool = False

    def card(self) -> Card:
        """Return a line a rule; client ids are masked."""
        told = self.terms
        own = {masked(client_id): allowance for client_id, allowance in told.own.items()}
        rows: list[Row] = [
            row("they wait", f"at most {told.max_wait_s:g} s for their turn; who would wait longer is told so at once"),
            row("a client", said(told.allowance)),
        ]
        rows += [row(client, said(allowance)) for client, allowance in own.items()]
        rows.append(row("web pages", " ".join(told.origins) or "none may call"))
        return Card(
            head=Head(parts=(self.whose,), tone=Tone.OK if self.changed else Tone.NONE),
            body=tuple(rows),
            facts={"whose": self.whose, "terms": replace(told, own=own)},
        )
