"""However JSON is read, it means the same: value, type, order of keys, and whether it is JSON at all."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from aibro_jupyter.modelio.jsontext import with_msgspec
from aibro_jupyter.repo.isolation import Isolation
from aibro_jupyter.repo.slotprocess import SlotProcess
from aibro_jupyter.repo.slotstart import Start
from tests.repo.models import model

QUICK = with_msgspec(msgspec)
NUMBERS = st.from_regex(rb"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
TEXTS = st.from_regex(rb'"([ -!#-\[\]-~]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|[\x80-\xff]{1,4})*"', fullmatch=True)
OTHERS = st.sampled_from(
    (b"true", b"false", b"null", b"NaN", b"Infinity", b"-Infinity", b"nul", b"", b"-", b"\xef\xbb\xbf1")
)


def inside(parts: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    pairs = st.tuples(st.sampled_from((b'"a"', b'"b"', b'"\\u0061"')), parts).map(b":".join)
    return st.lists(parts, max_size=4).map(lambda some: b"[" + b" , ".join(some) + b"]") | st.lists(
        pairs, max_size=4
    ).map(lambda some: b"{" + b",".join(some) + b"}")


DOCUMENTS = st.recursive(NUMBERS | TEXTS | OTHERS, inside, max_leaves=12)


def told(read: Callable[[bytes], Any], text: bytes) -> tuple[str, str]:
    """Return a value as its repr tells it, which differs for -0.0, 1 and 1.0, and another order; or the refusal."""
    try:
        return "value", repr(read(text))
    except RecursionError:
        return "too deep", ""
    except ValueError as error:
        return type(error).__name__, str(error)


@given(DOCUMENTS | st.binary(max_size=40) | DOCUMENTS.map(lambda text: text[:-1]))
@example(b"123456789012345678901234567890")
@example(b"-9223372036854775809")
@example(b"1e400")
@example(b"1.7976931348623159e308")
@example(b"1" * 310)
@example(b'{"b":1,"a":2,"b":3}')
@example(b'"\\ud800"')
@example(b'"\xed\xa0\x80"')
@example("[1]".encode("utf-16"))
@example(b"[" * 500 + b"]" * 500)
@example(b"[" * 100_000 + b"]" * 100_000)
def test_msgspec_reads_what_the_standard_library_reads(text: bytes) -> None:
    assert told(QUICK, text) == told(json.loads, text)


REPO = """
import sys
def run(model, data):
    return {"msgspec": "msgspec" in sys.modules, "data": data}
"""


def asked(repo: Path, isolation: Isolation | None = None) -> Any:
    with SlotProcess(Start(python=Path(sys.executable), folder=repo, isolation=isolation), limit_s=120) as slot:
        return json.loads(slot.predict(b"123456789012345678901234567890", None, 120).body)


def test_a_slot_reads_with_msgspec_where_it_is_and_a_proof_imports_what_the_model_imports(tmp_path: Path) -> None:
    repo = model(tmp_path / "r", REPO)
    assert asked(repo) == {"msgspec": True, "data": 123456789012345678901234567890}
    assert asked(repo, Isolation())["msgspec"] is False


def test_a_file_of_the_users_is_not_taken_for_msgspec(tmp_path: Path) -> None:
    assert asked(model(tmp_path / "r", REPO, msgspec__py="raise SystemExit('not this one')"))["msgspec"] is False
