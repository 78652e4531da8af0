"""No rule of the reference is without a test or a named deviation, and none of those is invented."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.seed.rules import RULES, Rule

HERE = Path(__file__).parent
DEVIATIONS = HERE.parents[1] / "docs" / "decisions" / "0001-deviations-from-the-reference.md"


def _tests() -> set[str]:
    return {
        f"{file.name}::{node.name}"
        for file in HERE.glob("test_*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }


def _deviations() -> set[str]:
    return {f"deviation:{name}" for name in re.findall(r"^## (\S+)$", DEVIATIONS.read_text(), re.MULTILINE)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_rule_is_held(rule: Rule) -> None:
    assert rule.held_by
    assert set(rule.held_by) <= _tests() | _deviations()


def test_names_are_unique() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_every_deviation_belongs_to_a_rule() -> None:
    used = {held for rule in RULES for held in rule.held_by if held.startswith("deviation:")}
    assert used == _deviations()
