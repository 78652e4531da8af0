from __future__ import annotations

from pathlib import Path

from aibro_jupyter.worker.logfile import LogFile
from aibro_jupyter.worker.volume import Volume


def test_only_big_files_of_the_model_are_shared_with_a_slot(tmp_path: Path) -> None:
    volume = Volume(tmp_path)
    for name, size in {"model/weights.bin": 17 * 2**20, "model/small.bin": 10, "big.bin": 17 * 2**20}.items():
        path = volume.repo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    slot = volume.fresh_slot(0)
    linked = {path.name for path in slot.rglob("*.bin") if path.stat().st_nlink > 1}
    assert linked == {"weights.bin"}
    (slot / "left.txt").touch()
    assert not (volume.fresh_slot(0) / "left.txt").exists()


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
