"""Every hard case has its place: the table beside this file says where, and the tests are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
TESTS = HERE.parent.parent
FRAMEWORKS = (TESTS / "frameworks", TESTS / "capturing" / "savers")


def table() -> dict[int, tuple[str, str]]:
    """Return number -> what is expected, and the file that holds it."""
    lines = (HERE / "cases.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    return {int(number): (expected, place) for number, expected, place in rows}


def numbers_in(path: Path) -> set[int]:
    """Return the cases that a file's tests are named after."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) if name.startswith("test_"):
                found |= {int(number) for number in re.findall(r"test_(?:case_)?(\d\d)_", name)}
    return found


def test_all_54_cases_are_in_the_table_and_held_by_a_test() -> None:
    rows = table()
    assert sorted(rows) == list(range(1, 55))
    assert {expected for expected, _ in rows.values()} == {"W", "E", "A"}
    elsewhere = {number for folder in FRAMEWORKS for path in folder.glob("test_*.py") for number in numbers_in(path)}
    held = {path.name: numbers_in(path) for path in HERE.glob("test_*.py")} | {"frameworks": elsewhere}
    missing = {number: place for number, (_, place) in rows.items() if number not in held[place]}
    assert not missing
