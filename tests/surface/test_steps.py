from __future__ import annotations

import pytest

from aibro_jupyter.protocol import Progress, Step
from aibro_jupyter.views.steps import Steps


@pytest.mark.parametrize(
    ("progress", "shown"),
    [
        (Progress(done=3, total=7, unit="packages"), 'aria-valuenow="3" aria-valuemax="7"'),
        (Progress(done=500_000, total=1_000_000, unit="bytes"), "50%"),
        (Progress(done=9, total=7, unit="packages"), "100%"),
    ],
)
def test_a_running_step_that_can_be_measured_has_a_bar(progress: Progress, shown: str) -> None:
    steps = Steps()
    steps.take(Step(name="GEARING UP ENV", state="running", progress=progress))
    assert shown in steps.html()
    steps.take(Step(name="GEARING UP ENV", state="done", progress=progress))
    assert "progressbar" not in steps.html()


def test_a_step_that_cannot_be_measured_has_none_and_its_words_are_text() -> None:
    steps = Steps()
    steps.take(Step(name="<b>", state="running", progress=Progress(text="<img src=x>")))
    assert "progressbar" not in steps.html()
    assert "<img" not in steps.html()
    assert "<b>" not in steps.html()
