"""A file that requirements pin by its hash is that file, or nothing is deployed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from aibro_jupyter.envs import ensure, resolve
from aibro_jupyter.envs.hashes import held, pins
from aibro_jupyter.errors import BadRequirements

OURS = f"{sys.version_info.major}.{sys.version_info.minor}"
PIN = "threadpoolctl==3.5.0"
OTHERS = "0" * 64


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The hashes that the index has for that version, one a file."""
    lock = resolve(f"{PIN} --hash=sha512:{OTHERS}\n", OURS, tmp_path_factory.mktemp("first"))
    assert pins(lock) == {"threadpoolctl": (f"sha512:{OTHERS}",)}, "a kind the index does not tell is left to install"
    with pytest.raises(BadRequirements) as refused:
        resolve(f"{PIN} --hash=sha256:{OTHERS}\n", OURS, tmp_path_factory.mktemp("second"))
    assert refused.value.details
    return tuple(refused.value.details.splitlines())


def test_a_hash_of_no_file_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(BadRequirements, match="pins threadpoolctl to a hash that no file of it has"):
        resolve(f"# mine\n{PIN} \\\n  --hash=sha256:{OTHERS}\n", OURS, tmp_path)
    assert not list((tmp_path / "locks").iterdir()), "a refusal is no lock"


def test_the_lock_allows_what_was_asked_for_and_no_more(real: tuple[str, ...], tmp_path: Path) -> None:
    wheels = []
    for one in real:
        lock = resolve(f"{PIN} --hash={one}\njoblib==1.4.2\n", OURS, tmp_path)
        found = pins(lock)
        assert found["threadpoolctl"] == (one,)
        assert found["joblib"], "what is not pinned gets every hash of the index, as pip would have it"
        wheels.append(lock)
    assert len(set(wheels)) == len(real) == 2


def test_other_files_of_that_version_beside_the_wrong_one(real: tuple[str, ...], tmp_path: Path) -> None:
    lock = resolve(f"{PIN} --hash=sha256:{OTHERS} --hash={real[0]} --hash={real[1]}\n", OURS, tmp_path)
    assert set(pins(lock)["threadpoolctl"]) == {f"sha256:{OTHERS}", *real}
    assert ensure(lock, OURS, tmp_path / "envs").exists()


def test_a_hash_that_only_a_download_can_show_is_compared_there(tmp_path: Path) -> None:
    lock = resolve(f"{PIN} --hash=sha512:{OTHERS}{OTHERS}\n", OURS, tmp_path)
    with pytest.raises(BadRequirements, match="is not the file that requirements") as refused:
        ensure(lock, OURS, tmp_path / "envs")
    assert "sha512" in refused.value.details


def test_names_meet_however_they_are_written() -> None:
    asked = pins("Zope.Interface==7.0 --hash=sha256:aa # why\nplain==1\n")
    assert asked == {"zope-interface": ("sha256:aa",)}
    known = "zope-interface==7.0 ; python_version < '4' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nplain==1\n"
    assert held(known, asked) == ("zope-interface==7.0 ; python_version < '4' \\\n    --hash=sha256:aa\nplain==1\n")
    assert held(known, {}) == known
