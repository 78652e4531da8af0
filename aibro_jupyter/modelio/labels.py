"""The labels of a table's rows: which say something, what their columns are called, and which an answer keeps.

An index that counts 0, 1, 2 … says nothing. Any other index of a question goes along in pandas' own "split" form. Of
an answer it depends on the function, and aibro.json says it by the sample's answer: ``labelled`` has, by the table's
place in the answer, ``"object"`` (a Series is an object by label) or the names of the columns that the labels become.
"""

from __future__ import annotations

import re
from typing import Any

OBJECT = "object"
Labelled = dict[str, Any]
"""Place in the answer -> ``OBJECT``, or a list of the names of the label columns."""
_POSITION = re.compile(r"\[\d+\]")


def is_default(index: Any) -> bool:
    """Tell whether an index counts rows from 0 and has no name."""
    if index.nlevels > 1 or index.name is not None:
        return False
    return len(index) == 0 or (index.dtype.kind in "iu" and list(index) == list(range(len(index))))


def counts(index: Any) -> bool:
    """Tell whether an index has numbers without a name: which rows they were in the table they were cut out of."""
    return index.nlevels == 1 and index.name is None and index.dtype.kind in "iu"


def index_levels(index: Any, columns: list[str]) -> list[str]:
    """Return the names of the columns that an index' levels become beside those columns: their own, else index."""
    taken, made = set(columns), []
    for at, name in enumerate(index.names):
        own = str(name) if name is not None and str(name) not in taken else ""
        spare = "index" if index.nlevels == 1 else f"level_{at}"
        while not own and spare in taken:
            spare = f"{spare}_"
        made.append(own or spare)
        taken.add(made[-1])
    return made


def place(where: str) -> str:
    """Return a place in an answer as ``labelled`` has it: one for all items of a list."""
    return _POSITION.sub("[]", where)


def as_object(index: Any) -> bool:
    """Tell whether a Series under that index can be an object by label."""
    return index.nlevels == 1 and bool(index.is_unique)
