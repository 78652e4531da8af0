"""The words that a proof is shown with."""

from __future__ import annotations

from aibro_jupyter.capturing.proving.proof import Proof, Verdict
from aibro_jupyter.capturing.proving.recommend import recommended
from aibro_jupyter.views.proof import measures, proof_line, sample_lines, suggestion

HELD = Proof(
    samples=3, equal=3, isolation="namespace", load_s=0.81, memory_mib=118, peak_mib=130, latency_s=0.0021,
    size_bytes=14_200, recommended=recommended(130, 0.0021),
)  # fmt: skip


def test_a_proof_that_holds() -> None:
    assert proof_line(HELD) == ("3 of 3 samples get the notebook's own answers in a clean process (no network, twice)")
    assert measures(HELD) == "loads in 810 ms · 130 MiB at most · answers in 2.1 ms · 14 KB repo"
    assert suggestion(HELD).startswith("c5.large.od is enough: 4 GiB hold 1.5 x 130 MiB + 512 MiB")
    assert sample_lines(HELD) == ()


def test_a_second_proof_is_told_and_its_measures_count() -> None:
    venv = Proof(samples=3, equal=3, load_s=2.0, peak_mib=200, latency_s=2.0, recommended=recommended(200, 2.0))
    assert proof_line(HELD, venv=venv).endswith("and again with requirements.txt alone")
    assert measures(HELD, venv=venv).startswith("loads in 2 s · 200 MiB")
    assert "answers are slow: c5." in suggestion(HELD, venv=venv)


def test_what_is_odd_about_samples_is_told_one_a_line() -> None:
    verdicts = tuple(
        Verdict(
            sample=number, outcome="unsteady", lines=(f"sample {number}: answer: 1 instead of 2",), blame="f(), In[2]"
        )
        for number in range(1, 8)
    )
    lines = sample_lines(Proof(samples=7, verdicts=verdicts))
    assert lines[0] == "sample 1 unsteady · f(), In[2]: answer: 1 instead of 2"
    assert lines[-1] == "… and 3 more"


def test_without_a_sample_it_says_so_and_names_the_guard() -> None:
    assert proof_line(Proof(isolation="guard")) == (
        "it loads in a clean process (no network for Python's sockets); no sample was there to compare answers"
    )
    assert suggestion(Proof()) == ""
