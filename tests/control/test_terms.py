from __future__ import annotations

import pytest

from aibro_jupyter.control.rules.terms import checked_origin, updated_terms
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.protocol import Allowance, Terms, TermsUpdate

SET = Terms(
    max_wait_s=5.0,
    allowance=Allowance(at_once=4),
    own={"ana": Allowance(per_second=1.0), "gone": Allowance()},
    origins=("https://a.example",),
)
CHANGES = {
    "nothing said, nothing changed": (TermsUpdate(), Terms(max_wait_s=5, allowance=Allowance(at_once=4), own={"ana": Allowance(per_second=1)}, origins=("https://a.example",))),
    "one thing, the others stay": (TermsUpdate(per_second=2.0), Terms(max_wait_s=5, allowance=Allowance(at_once=4, per_second=2), own={"ana": Allowance(per_second=1)}, origins=("https://a.example",))),
    "nobody waits": (TermsUpdate(max_wait_s=0.0), Terms(max_wait_s=0, allowance=Allowance(at_once=4), own={"ana": Allowance(per_second=1)}, origins=("https://a.example",))),
    "other pages": (TermsUpdate(origins=("https://B.example/", "https://b.example")), Terms(max_wait_s=5, allowance=Allowance(at_once=4), own={"ana": Allowance(per_second=1)}, origins=("https://b.example",))),
    "no pages": (TermsUpdate(origins=()), Terms(max_wait_s=5, allowance=Allowance(at_once=4), own={"ana": Allowance(per_second=1)})),
    "one client's, on top of everybody's": (TermsUpdate(client="ben", per_second=3.0), Terms(max_wait_s=5, allowance=Allowance(at_once=4), own={"ana": Allowance(per_second=1), "ben": Allowance(at_once=4, per_second=3)}, origins=("https://a.example",))),
    "one client's, on top of its own": (TermsUpdate(client="ana", at_once=2), Terms(max_wait_s=5, allowance=Allowance(at_once=4), own={"ana": Allowance(at_once=2, per_second=1)}, origins=("https://a.example",))),
    "one client's cleared": (TermsUpdate(client="ana", clear=True), Terms(max_wait_s=5, allowance=Allowance(at_once=4), origins=("https://a.example",))),
    "one client's set anew": (TermsUpdate(client="ana", clear=True, at_once=1), Terms(max_wait_s=5, allowance=Allowance(at_once=4), own={"ana": Allowance(at_once=1)}, origins=("https://a.example",))),
    "all cleared": (TermsUpdate(clear=True), Terms()),
    "all set anew": (TermsUpdate(clear=True, at_once=1), Terms(allowance=Allowance(at_once=1))),
}  # fmt: skip


@pytest.mark.parametrize(("update", "after"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_of_terms(update: TermsUpdate, after: Terms) -> None:
    assert updated_terms(SET, update, ("ana", "ben")) == after


WRONG = {
    "a stranger": TermsUpdate(client="eve", at_once=1),
    "a wait of one client": TermsUpdate(client="ana", max_wait_s=1.0),
    "pages of one client": TermsUpdate(client="ana", origins=()),
    "a negative wait": TermsUpdate(max_wait_s=-1.0),
    "an endless wait": TermsUpdate(max_wait_s=float("inf")),
    "nothing at once": TermsUpdate(at_once=0),
    "nothing a second": TermsUpdate(per_second=0.0),
    "no number": TermsUpdate(per_second=float("nan")),
    "no origin": TermsUpdate(origins=("app.example.com",)),
}


@pytest.mark.parametrize("update", WRONG.values(), ids=WRONG.keys())
def test_terms_that_cannot_be(update: TermsUpdate) -> None:
    with pytest.raises(BadRequest):
        updated_terms(SET, update, ("ana", "ben"))


ORIGINS = {
    "https://app.example.com": True,
    "http://localhost:3000": True,
    "http://127.0.0.1:8888": True,
    "http://[::1]:8888": True,
    "*": True,
    "https://*.example.com": False,
    "https://example.com/path": False,
    "https://user@example.com": False,
    "file:///tmp": False,
    "null": False,
    "": False,
}


@pytest.mark.parametrize(("origin", "fits"), ORIGINS.items())
def test_what_is_an_origin(origin: str, fits: bool) -> None:
    if fits:
        assert checked_origin(f" {origin} ") == origin
    else:
        with pytest.raises(BadRequest):
            checked_origin(origin)
