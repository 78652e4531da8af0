from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aibro_jupyter.errors import BadBundle, BadRepo
from aibro_jupyter.repo.bundle import pack, unpack
from tests.conftest import REPOS
from tests.repo.archives import archive, file, header, pax


def tree(root: Path) -> dict[str, object]:
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mode & 0o111) if path.is_file() else None
        for path in root.rglob("*")
    }


def test_the_same_tree_gives_the_same_bytes_whatever_times_and_caches_say(tmp_path: Path) -> None:
    first = pack(shutil.copytree(REPOS / "sentiment", tmp_path / "a"), tmp_path / "out")
    other = shutil.copytree(REPOS / "sentiment", tmp_path / "b")
    os.utime(other / "predict.py", (1, 1))
    for left_out in (".git", "__pycache__", ".ipynb_checkpoints", ".venv"):
        (other / left_out).mkdir(exist_ok=True)
        (other / left_out / "x").write_text("x")
    assert pack(other, tmp_path / "out") == first
    assert first.path.name == f"{first.sha256}.tar.gz"
    assert hashlib.sha256(first.path.read_bytes()).hexdigest() == first.sha256
    assert first.path.stat().st_size == first.size
    assert [path.name for path in (tmp_path / "out").iterdir()] == [first.path.name]


def test_what_was_packed_comes_out_again(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    deep = root / "model" / ("long" * 30) / ("name" * 30)
    deep.mkdir(parents=True)
    (deep / "ünïcode ❤.bin").write_bytes(os.urandom(3000))
    (root / "empty").mkdir()
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o700)
    bundle = pack(root, tmp_path / "out")
    unpack(bundle.path, bundle.sha256, tmp_path / "back")
    assert set(tree(tmp_path / "back")) == set(tree(root))
    assert (tmp_path / "back" / "run.sh").stat().st_mode & 0o777 == 0o755
    assert next((tmp_path / "back").rglob("*.bin")).read_bytes() == next(root.rglob("*.bin")).read_bytes()


def test_links_are_followed_and_a_loop_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    (tmp_path / "weights").write_text("w")
    (root / "weights").symlink_to(tmp_path / "weights")
    bundle = pack(root, tmp_path / "out")
    unpack(bundle.path, bundle.sha256, tmp_path / "back")
    assert not (tmp_path / "back" / "weights").is_symlink()
    (root / "loop").symlink_to(root)
    with pytest.raises(BadRepo, match="loop"):
        pack(root, tmp_path / "out")


@pytest.mark.parametrize("name", ["new\nline", "back\\slash"])
def test_a_name_that_could_not_be_unpacked_is_refused_when_packing(tmp_path: Path, name: str) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / name).write_text("x")
    with pytest.raises(BadRepo, match="rename it"):
        pack(tmp_path / "repo", tmp_path / "out")


def test_a_model_of_zeros_is_no_bomb(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    with (tmp_path / "repo" / "zeros").open("wb") as zeros:
        zeros.truncate(80 * 2**20)
    bundle = pack(tmp_path / "repo", tmp_path / "out")
    unpack(bundle.path, bundle.sha256, tmp_path / "back")
    assert (tmp_path / "back" / "zeros").stat().st_size == 80 * 2**20


def test_weights_are_stored_and_text_is_squeezed(tmp_path: Path) -> None:
    for name, content in (("weights", os.urandom(2**21)), ("text", b"the same words " * 2**17)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(content)
    assert pack(tmp_path / "weights", tmp_path / "out").size > 2**21
    assert pack(tmp_path / "text", tmp_path / "out").size < 2**18


def test_the_digest_is_checked_before_anything_is_written(tmp_path: Path) -> None:
    path, _ = archive(tmp_path / "a.tar.gz", file(b"x"))
    with pytest.raises(BadBundle, match="digest"):
        unpack(path, "0" * 64, tmp_path / "into")
    assert [one.name for one in tmp_path.iterdir()] == ["a.tar.gz"]


DEEP = b"d/" * 40 + b"x"
HOSTILE = {
    "a path that climbs out": [file(b"../x")],
    "a path that climbs out in its middle": [file(b"a/../../x")],
    "an absolute path": [file(b"/etc/x")],
    "a drive": [file(b"C:/x")],
    "a backslash": [file(b"..\\x")],
    "a symbolic link": [header(b"l", kind=b"2", link=b"/etc"), file(b"l/x")],
    "a hard link": [header(b"l", kind=b"1", link=b"/etc/passwd")],
    "a character device": [header(b"d", kind=b"3")],
    "a block device": [header(b"d", kind=b"4")],
    "a fifo": [header(b"f", kind=b"6")],
    "a GNU long name": [file(b"L", b"../x\0", kind=b"L"), file(b"x")],
    "a GNU long link": [file(b"K", b"/etc\0", kind=b"K"), file(b"x")],
    "an old GNU sparse file": [file(b"s", kind=b"S")],
    "a PAX sparse file": [pax(GNU__sparse__major=b"1"), file(b"s")],
    "a PAX path that climbs out": [pax(path=b"../../x"), file(b"ok")],
    "a PAX path with a NUL": [pax(path=b"x\0y"), file(b"ok")],
    "a PAX size that lies": [pax(size=b"99999999999999999999"), file(b"x")],
    "a negative PAX size": [pax(size=b"-512"), file(b"x")],
    "a global PAX header": [file(b"g", b"20 path=../../evil\n", kind=b"g"), file(b"x")],
    "a PAX record that points back": [file(b"p", b"1 path=x\n", kind=b"x"), file(b"x")],
    "a PAX header that is no text": [file(b"p", b"\xff\xff\xff", kind=b"x"), file(b"x")],
    "a negative size": [header(b"x", raw_size=b"\xff" * 12)],
    "a size in base 256": [header(b"x", raw_size=b"\x80" + bytes(10) + b"\x01") + b"x" + bytes(511)],
    "a size that is none": [header(b"x", raw_size=b"nonsense\0\0\0\0")],
    "the same file twice": [file(b"x"), file(b"x")],
    "two names that differ in case": [file(b"Model"), file(b"model")],
    "two names that differ in composition": [file("é".encode()), file("e\u0301".encode())],
    "a file where a folder is": [file(b"a/b"), file(b"a")],
    "a folder where a file is": [file(b"a"), file(b"a/b")],
    "a control character": [file(b"a\x1b[31mb")],
    "a name that is not UTF-8": [file(b"\xff\xfe")],
    "an empty name": [file(b"")],
    "a dot": [file(b"./x")],
    "a double slash": [file(b"a//x")],
    "too deep": [pax(path=DEEP), file(b"x")],
    "too long a name": [pax(path=b"x" * 300), file(b"x")],
    "a folder with content": [file(b"d/", b"x", kind=b"5")],
    "a wrong checksum": [b"x" * 512],
    "cut off in a file": [header(b"x", 5000)],
}


@pytest.mark.parametrize("parts", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_archive_writes_nothing_anywhere(tmp_path: Path, parts: list[bytes]) -> None:
    room = tmp_path / "room"
    room.mkdir()
    path, sha256 = archive(
        tmp_path / "evil.tar.gz", *parts, end=b"" if parts == HOSTILE["cut off in a file"] else bytes(1024)
    )
    with pytest.raises(BadBundle):
        unpack(path, sha256, room / "into")
    assert list(room.iterdir()) == []
    assert sorted(one.name for one in tmp_path.iterdir()) == ["evil.tar.gz", "room"]


def test_a_bomb_ends_at_its_quota(tmp_path: Path) -> None:
    path, sha256 = archive(tmp_path / "bomb.tar.gz", file(b"zeros", bytes(100 * 2**20)))
    with pytest.raises(BadBundle, match="more than is allowed"):
        unpack(path, sha256, tmp_path / "into")


@pytest.mark.parametrize("damage", ["cut", "no gzip", "bytes"])
def test_a_damaged_archive_is_refused(tmp_path: Path, damage: str) -> None:
    path, _ = archive(tmp_path / "a.tar.gz", file(b"x", os.urandom(5000)))
    whole = path.read_bytes()
    path.write_bytes(
        {"cut": whole[:-2000], "no gzip": b"hello", "bytes": whole[:500] + b"\0\0\0" + whole[503:]}[damage]
    )
    with pytest.raises(BadBundle):
        unpack(path, hashlib.sha256(path.read_bytes()).hexdigest(), tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_what_a_killed_unpacker_left_is_removed(tmp_path: Path) -> None:
    path, sha256 = archive(tmp_path / "a.tar.gz", file(b"x"))
    (tmp_path / ".into.unpacking").mkdir()
    (tmp_path / ".into.unpacking" / "stale").write_text("stale")
    unpack(path, sha256, tmp_path / "into")
    assert tree(tmp_path / "into") == {"x": (b"x", 0)}


NAMES = st.lists(
    st.sampled_from([b"..", b".", b"", b"a", b"A", b"b", b"model", b"\xff", b"x\0", "é".encode(), b"\\", b"C:"]),
    min_size=1,
    max_size=4,
).map(b"/".join)
KINDS = st.sampled_from([b"0", b"0", b"0", b"5", b"1", b"2", b"3", b"6", b"x", b"g", b"L", b"S"])
PARTS = st.lists(st.tuples(NAMES, KINDS, st.binary(max_size=40), st.sampled_from([b"", b"../..", b"/tmp"])), max_size=5)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PARTS)
def test_no_archive_ever_writes_outside(tmp_path: Path, parts: list[tuple[bytes, bytes, bytes, bytes]]) -> None:
    room = tmp_path / "room"
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir()
    made = [file(name, content, kind=kind, link=link) for name, kind, content, link in parts]
    path, sha256 = archive(tmp_path / "any.tar.gz", *made)
    try:
        unpack(path, sha256, room / "into")
    except BadBundle:
        assert list(room.iterdir()) == []
    assert sorted(one.name for one in tmp_path.iterdir()) == ["any.tar.gz", "room"]
    assert {one.name for one in room.iterdir()} <= {"into"}
    assert not any(one.is_symlink() for one in room.rglob("*"))
