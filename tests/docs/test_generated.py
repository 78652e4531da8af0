"""What the generated pages are made of: each setting with its meaning, each error with its code."""

from __future__ import annotations

import re
import runpy
from dataclasses import dataclass
from typing import Any

import pytest

from tests.docs.markdown import ROOT


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "tools" / "reference.py"))


@dataclass(frozen=True, kw_only=True)
class Whole:
    """Settings as they should be."""

    hold_s: float = 1.0
    """Seconds to hold,
    over two lines."""
    queue: int = 2
    """At | most."""


@dataclass(frozen=True, kw_only=True)
class Mute:
    """Settings of which one says nothing."""

    hold_s: float = 1.0
    """Seconds to hold."""
    queue: int = 2


def test_a_field_means_what_its_docstring_says(reference: dict[str, Any]) -> None:
    assert reference["field_meanings"](Whole) == {"hold_s": "Seconds to hold, over two lines.", "queue": "At \\| most."}


def test_a_setting_without_a_meaning_is_refused(reference: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Mute\.queue has no docstring"):
        reference["field_meanings"](Mute)


def test_every_error_has_its_line(reference: dict[str, Any]) -> None:
    page = reference["errors_page"]()
    assert "| `name-taken` | 409 | `NameTaken` | An active job already has that model name. |\n" in page
    codes = re.findall(r"^\| `([a-z-]+)`", page, re.MULTILINE)
    assert codes == sorted(set(codes))
    assert {"bad-command", "capture-refused", "not-confirmed"} <= set(codes)
