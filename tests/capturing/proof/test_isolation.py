"""A proof is a machine that has never seen the notebook: no network, no folder, no variables, an empty home."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import aibro_jupyter
from aibro_jupyter.repo.isolation import Isolation, Usage
from aibro_jupyter.repo.slothost import ProofRefused
from aibro_jupyter.repo.slotprocess import SlotProcess
from aibro_jupyter.repo.slotstart import Start

LIMIT_S = 120


def proved(
    repo: Path, predict: str, hidden: Path | None = None, *, network: bool = False, absent: tuple[str, ...] = ()
) -> SlotProcess:
    repo.mkdir(exist_ok=True)
    (repo / "predict.py").write_text(predict)
    isolation = Isolation(network=network, hidden=hidden, absent=absent)
    return SlotProcess(Start(python=Path(sys.executable), folder=repo, isolation=isolation), limit_s=LIMIT_S)


def asked(slot: SlotProcess, value: object = None) -> tuple[Any, Usage]:
    with slot:
        result = slot.predict(json.dumps(value).encode(), "application/json", LIMIT_S)
        return (json.loads(result.body) if result.ok else result.told), slot.tell()


INTERFACES = """
import socket
def load_model(): return None
def run(model, data):
    return [name for _, name in socket.if_nameindex()]
"""


def test_its_network_is_its_own_loopback_where_the_system_allows(tmp_path: Path) -> None:
    answer, usage = asked(proved(tmp_path / "repo", INTERFACES))
    assert usage.isolation in ("namespace", "guard")
    if usage.isolation == "namespace":
        assert answer == ["lo"]


SHARED = """
from multiprocessing.shared_memory import SharedMemory
def load_model(): return None
def run(model, data):
    kept = SharedMemory(data, create=True, size=64)
    return kept.size
"""


def test_shared_memory_that_it_leaves_behind_goes_with_it_where_the_system_allows(tmp_path: Path) -> None:
    names = [f"aibro-test-{os.getpid()}-{way}" for way in ("alone", "networked")]
    answer, usage = asked(proved(tmp_path / "repo", SHARED), names[0])
    networked, _ = asked(proved(tmp_path / "repo", SHARED, network=True), names[1])
    assert answer == networked == 64
    left = [path for path in map(Path("/dev/shm").joinpath, names) if path.exists()]
    for path in left:
        path.unlink()
    assert not left or usage.isolation != "namespace"


WITHOUT = """
import importlib.util
def load_model(): return None
def run(model, data):
    try:
        import packaging.version
    except ModuleNotFoundError as error:
        return [str(error), importlib.util.find_spec("packaging") is None, importlib.util.find_spec("numpy") is None]
"""


def test_a_package_that_is_absent_is_not_found_in_any_way(tmp_path: Path) -> None:
    answer, _ = asked(proved(tmp_path / "repo", WITHOUT, absent=("packaging",)))
    assert answer == ["No module named 'packaging'", True, False]


def test_who_allows_the_network_gets_it(tmp_path: Path) -> None:
    answer, usage = asked(proved(tmp_path / "repo", INTERFACES, network=True))
    assert usage.isolation == "open"
    import socket

    assert answer == [name for _, name in socket.if_nameindex()]


def test_reaching_out_is_refused_in_words_and_noted(tmp_path: Path) -> None:
    predict = """
import socket
def load_model(): return None
def run(model, data):
    socket.create_connection(("models.example.invalid", 443), timeout=5)
"""
    answer, usage = asked(proved(tmp_path / "repo", predict))
    assert "it needs the network (models.example.invalid:443)" in answer
    assert "--allow-net" in answer
    assert usage.network == ("models.example.invalid:443",)


def test_reaching_out_while_loading_is_noted_too(tmp_path: Path) -> None:
    predict = """
import socket
def load_model():
    socket.create_connection(("192.0.2.7", 80), timeout=5)
def run(model, data): return 1
"""
    with pytest.raises(ProofRefused) as refused:
        proved(tmp_path / "repo", predict)
    assert refused.value.usage.network == ("192.0.2.7:80",)
    assert "sandbox.py" not in refused.value.details


def test_it_can_still_talk_to_itself(tmp_path: Path) -> None:
    predict = """
import socket, threading
def load_model(): return None
def run(model, data):
    server = socket.create_server(("127.0.0.1", 0))
    def serve():
        connection, _ = server.accept()
        connection.sendall(b"yes")
        connection.close()
    thread = threading.Thread(target=serve)
    thread.start()
    client = socket.create_connection(server.getsockname(), timeout=5)
    said = client.recv(3).decode()
    thread.join()
    return said
"""
    answer, usage = asked(proved(tmp_path / "repo", predict))
    assert answer == "yes" or usage.isolation == "guard"


OPENS = """
def load_model(): return None
def run(model, data):
    with open(data) as file:
        return file.read()
"""


def test_the_notebooks_folder_is_not_there(tmp_path: Path) -> None:
    book = tmp_path / "book"
    book.mkdir()
    (book / "labels.txt").write_text("a b")
    answer, usage = asked(proved(tmp_path / "repo", OPENS, hidden=book), str(book / "labels.txt"))
    assert answer.startswith("FileNotFoundError")
    assert usage.hidden == (str(book / "labels.txt"),)


def test_a_file_beside_the_notebook_is_told_by_its_relative_name(tmp_path: Path) -> None:
    book = tmp_path / "book"
    book.mkdir()
    (book / "labels.txt").write_text("a b")
    answer, usage = asked(proved(tmp_path / "repo", OPENS, hidden=book), "labels.txt")
    assert answer.startswith("FileNotFoundError")
    assert usage.wanted == ("labels.txt",)


def test_a_repo_inside_the_folder_reads_its_own_files_and_packages(tmp_path: Path) -> None:
    predict = """
import json, sqlite3
def load_model(): return open("own.txt").read()
def run(model, data): return model
"""
    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / "own.txt").write_text("mine")
    answer, usage = asked(proved(repo, predict, hidden=tmp_path))
    assert answer == "mine"
    assert usage.hidden == ()


def test_our_own_package_may_lie_beside_the_notebook(tmp_path: Path) -> None:
    predict = """
def load_model(): return None
def run(model, data): return data["missing"]
"""
    answer, usage = asked(proved(tmp_path / "repo", predict, hidden=Path(aibro_jupyter.__file__).parents[1]), {})
    assert answer == "KeyError: 'missing'"
    assert usage.hidden == ()


def test_it_tells_who_imported_what(tmp_path: Path) -> None:
    predict = """
import importlib, json
import numpy
def load_model(): return importlib.import_module("pan" + "das")
def run(model, data): return 1
"""
    _, usage = asked(proved(tmp_path / "repo", predict))
    assert {("", "numpy"), ("", "pandas"), ("pandas", "numpy")} <= set(usage.imports)
    assert ("", "json") not in usage.imports
    assert usage.peak_mib > 0
