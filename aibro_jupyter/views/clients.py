"""Who may call, as it is shown: masked, unless in clear was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aibro_jupyter.masking import guessable, masked, masked_url
from aibro_jupyter.views import View
from aibro_jupyter.views.card import Action, Card, Head, Remark, Table, Tone


def guessed(model_name: str, client_ids: Iterable[str]) -> tuple[str, ...]:
    """Return a warning if client ids could be found by trying."""
    weak = ", ".join(masked(client) for client in client_ids if guessable(client))
    mint = f"`%aibro clients {model_name} --mint NAME` makes one that cannot"
    return (f"{weak} can be guessed: {mint}",) if weak else ()


@dataclass(frozen=True, kw_only=True, repr=False)
class ClientList(View):
    """Who may call."""

    model_name: str
    client_ids: tuple[str, ...]
    urls: tuple[str, ...]
    public: bool
    reveal: bool = False
    said: str = ""
    """What was just changed."""

    def card(self) -> Card:
        """Return a line a client, masked as the facts are."""
        pairs = zip(self.client_ids, self.urls, strict=False)
        shown = tuple((i, u) if self.reveal else (masked(i), masked_url(u)) for i, u in pairs)
        facts = {
            "model_name": self.model_name,
            "public": self.public,
            "clients": [client for client, _ in shown],
            "urls": list(self.urls) if self.public else [url for _, url in shown],
        }
        head = Head(parts=(self.said,)) if self.said else None
        if self.public:
            where = self.urls[0] if self.urls else "it"
            text = f"{self.model_name} is PUBLIC: whoever reaches {where} can call"
            return Card(head=head, body=(Remark(text=text, tone=Tone.WARN),), facts=facts)
        command = f"%aibro clients {self.model_name} --reveal"
        return Card(
            head=head,
            body=(
                *([Table(head=("client", "url"), rows=shown)] if shown else []),
                *(Remark(text=text, tone=Tone.WARN) for text in guessed(self.model_name, self.client_ids)),
            ),
            actions=() if self.reveal else (Action(command=command, text="shows them in full"),),
            facts=facts,
        )
