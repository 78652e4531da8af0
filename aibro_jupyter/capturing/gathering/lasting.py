"""What lives on between requests: globals that functions rebind, containers and class attributes that they change."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aibro_jupyter.capturing.session.changes import changes
from aibro_jupyter.capturing.session.items import Defined, Gathered, Held


def lasting(gathered: Gathered) -> Iterator[str]:
    """Yield a warning for each variable by which one request may change the answer to the next."""
    at_import = {name for item in gathered.defined() for name in item.segment.uses.early}
    told: set[str] = set()
    for item in gathered.defined():
        segment = item.segment
        if item.name in at_import or segment.statement or segment.compiled:
            continue
        text = segment.text if segment.binds else f"({segment.text})"
        nodes = list(ast.walk(ast.parse(text)))
        for name in segment.uses.every():
            known = gathered.items.get(name)
            lives = isinstance(known, Held) or (isinstance(known, Defined) and isinstance(known.value, type))
            rebinds = name in segment.uses.rebound
            if name not in told and (rebinds or (lives and any(changes(node, name) for node in nodes))):
                told.add(name)
                cell = gathered.cell_of(name)
                what = "rebinds" if rebinds else "changes"
                told_of = f"{name} ({cell})" if cell else name
                yield (
                    f"{told_of}: {item.name}() {what} it, so the next request reads what one leaves; "
                    "each instance, and each restart, begins with the notebook's"
                )
