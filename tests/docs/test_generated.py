"""What the generated pages are made of: each setting with its meaning, each error with its code."""

from __future__ import annotations

import runpy
from dataclasses import dataclass
from typing import Any

import pytest

from tests.docs.markdown import DOCS, ROOT


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


@pytest.mark.parametrize(("page", "made"), [("settings.md", "settings_page"), ("errors.md", "errors_page")])
def test_a_page_is_what_its_source_gives(reference: dict[str, Any], page: str, made: str) -> None:
    assert (DOCS / page).read_text() == reference[made]()
