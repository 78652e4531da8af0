"""How predict.py's functions are called: told of its text before it runs, and of the functions once they are there."""

from __future__ import annotations

from collections.abc import Sequence

LOADS = "is called without arguments"
RUNS = "is called as run(model) or as run(model, data)"


def takes_data(placed: Sequence[str], required: int, *, by_name: bool, any_number: bool) -> bool | None:
    """Return whether ``run`` takes the data too: a second parameter that is required, or is called data.

    ``placed`` are its parameters by position, ``required`` how many of them have no default; ``by_name``: one that is
    given by name only has none either; ``any_number``: it has ``*args``. None: it cannot be called like that.
    """
    if required > 2 or by_name or not (placed or any_number):
        return None
    return required == 2 or (len(placed) > 1 and placed[1] == "data")
