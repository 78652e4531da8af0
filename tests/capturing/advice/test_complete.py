"""No place in capturing refuses anything without a row that follows its advice, or a reason why there is none."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import aibro_jupyter.capturing
from aibro_jupyter.capturing.values import guards
from tests.capturing.advice import frameworks
from tests.capturing.advice.test_followed import TABLE, TABLES

REFUSES = {
    *("CaptureError", "BadRequest", "CannotSaveError", "Obstacle"),
    *("refuse", "_refuse", "_refused", "_secret", "_taken"),
}
"""What is called to refuse something; a function of that name only passes on what it was given."""
ADVISES = {"gone", "_fix", "_of_missing", "_why_it_differs"}
"""Functions whose every return is an advice."""
NOT_FOLLOWED = {
    "writing/build.py build": "passes on what its parts have refused",
    "gathering/collect.py _missing": "passes on the advice of gone",
    "gathering/factories.py given_to": "calls what names variables, and refuses nothing",
    "proving/verify.py not_proved": "passes on the advice of _fix and _why_it_differs",
}
"""Place -> why it needs no row of its own."""


def places() -> Iterator[tuple[str, int]]:
    """Yield every function that refuses or advises, and how often."""
    root = Path(aibro_jupyter.capturing.__file__).parent
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (count := _advices(node)):
                yield f"{path.relative_to(root).as_posix()} {node.name}", count


def _advices(function: ast.FunctionDef) -> int:
    inner = list(ast.walk(function))
    if function.name in ADVISES:
        return sum(isinstance(node, ast.Return) for node in inner)
    if function.name in REFUSES:
        return 0
    called = (node.func for node in inner if isinstance(node, ast.Call))
    names = (one.id if isinstance(one, ast.Name) else getattr(one, "attr", "") for one in called)
    return sum(name in REFUSES for name in names)


def test_every_refusal_has_a_row_that_follows_its_advice() -> None:
    rows = Counter(row.at for row in [*TABLE.values(), *frameworks.TABLE.values()])
    needed = {place: count for place, count in places() if place not in NOT_FOLLOWED}
    assert {place: count for place, count in needed.items() if rows[place] < count} == {}
    assert sorted(set(rows) - needed.keys()) == []
    assert sorted(NOT_FOLLOWED.keys() - dict(places()).keys()) == []


def test_every_kind_of_value_that_is_bound_to_its_process_has_a_row() -> None:
    said = [row.said for row in TABLE.values()]
    kinds = [reason for _, reason, _ in guards._BOUND_TO_PROCESS]
    assert [kind for kind in kinds if not any(kind in one for one in said)] == []


def test_no_row_hides_another() -> None:
    assert len(TABLE) == sum(map(len, TABLES))
