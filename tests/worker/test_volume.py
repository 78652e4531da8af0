from __future__ import annotations

from pathlib import Path

import pytest

from aibro_jupyter.protocol import Boot, encode
from aibro_jupyter.repo.bundle import pack
from aibro_jupyter.repo.sharing import SHARED_FROM
from aibro_jupyter.states import Role
from aibro_jupyter.worker.logfile import LogFile
from aibro_jupyter.worker.volume import Volume
from tests.backends import tiny_repo


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    """An instance's folder with an unpacked repo, of which one file of the model is big."""
    repo = tiny_repo(tmp_path / "repo")
    for name, size in {"model/weights.bin": SHARED_FROM, "model/small.bin": 10, "big.bin": SHARED_FROM}.items():
        (repo / name).write_bytes(b"x" * size)
    packed = pack(repo, tmp_path)
    volume = Volume(tmp_path / "ins_1")
    volume.root.mkdir()
    boot = Boot(
        job_id="inf_1", role=Role.STANDBY, token="t", bundle=packed.sha256, bundle_url=packed.path.as_uri(), lock="",
        python="3.11", vcpus=1, memory_mib=1024, request_limit_s=60, enforce=False, envs="",
    )  # fmt: skip
    (volume.root / "boot.json").write_bytes(encode(boot))
    volume.unpack(boot, lambda _: None)
    return volume


def test_only_big_files_of_the_model_are_shared_with_a_slot(volume: Volume) -> None:
    slot = volume.fresh_slot(0)
    linked = {path.name for path in slot.rglob("*.bin") if path.stat().st_nlink > 1}
    assert linked == {"weights.bin"}
    (slot / "left.txt").touch()
    assert not (volume.fresh_slot(0) / "left.txt").exists()


def test_a_slot_that_writes_to_its_weights_spoils_them_for_no_other(volume: Volume) -> None:
    inode = (volume.repo / "model" / "weights.bin").stat().st_ino
    assert (volume.fresh_slot(0) / "model" / "weights.bin").stat().st_ino == inode
    with (volume.fresh_slot(0) / "model" / "weights.bin").open("r+b") as file:
        file.write(b"y")
    fresh = volume.fresh_slot(0) / "model" / "weights.bin"
    assert fresh.read_bytes()[:2] == b"xx"
    assert fresh.stat().st_ino == (volume.repo / "model" / "weights.bin").stat().st_ino


def test_what_was_unpacked_before_there_were_marks_is_unpacked_again(volume: Volume) -> None:
    (volume.root / "weights.json").unlink()
    volume.fresh_slot(0)
    assert (volume.root / "weights.json").exists()


def test_a_log_stays_within_its_limit(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log.txt", limit_bytes=10_000)
    for number in range(1_000):
        log.write(f"line {number}")
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 20_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.txt", "log.txt.1"]
    assert [line.rpartition("line ")[2] for line in log.tail(300).splitlines()] == [str(n) for n in range(700, 1_000)]
    log.close()


def test_a_log_marks_every_line_and_cuts_long_ones(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log.txt")
    log.write("a\n" + "b" * 10_000, mark="[req_1]")
    lines = log.tail(10).splitlines()
    assert len(lines) == 3
    assert all("Z [req_1] " in line for line in lines)
    log.close()
