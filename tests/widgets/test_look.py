"""How the panel in a cell looks: once, over one connection, and anew where that was lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.errors import BackendDown
from aibro_jupyter.jupyter.livepanel import _Look
from aibro_jupyter.protocol import Limits
from tests.onebackend import one_backend


def test_a_look_tells_only_of_changes_and_finds_the_backend_again(tmp_path: Path) -> None:
    look = _Look()
    with one_backend(tmp_path / "home"):
        backend()
        first = look.changed()
        assert first is not None
        assert look.changed() is None
        backend().limit_all(Limits(budget_per_day_micros=5_000_000))
        changed = look.changed()
        assert changed is not None
        assert changed.budget is not None
        look.close()
        again = look.changed()
        assert again is not None
        assert again.rev == changed.rev
    with pytest.raises(BackendDown):
        look.changed()
    look.close()
