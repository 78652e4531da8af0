"""The files that secrets lie in."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from aibro_jupyter.control.ledger.vault import Vault
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.protocol import SecretsUpdate

JOB = "inf_1"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "secrets")


def test_values_lie_in_a_file_of_their_owner_alone(vault: Vault) -> None:
    seen = vault.keep(JOB, {"API_KEY": "canary"})
    path = vault.path(JOB, seen.key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert vault.values(JOB, seen.key) == {"API_KEY": "canary"}
    assert "canary" not in repr(seen)
    assert "canary" not in seen.key


def test_the_same_values_are_the_same_set_and_new_ones_join_them(vault: Vault) -> None:
    first = vault.keep(JOB, {"A": "1"})
    assert vault.keep(JOB, {"A": "1"}) == first
    second = vault.keep(JOB, {"B": "2"})
    assert second.names == ("A", "B")
    assert second.key != first.key
    assert vault.values(JOB, first.key) == {"A": "1"}, "the version that serves goes on with its own"


def test_old_sets_that_no_version_uses_are_deleted(vault: Vault) -> None:
    first, second = (vault.keep(JOB, {"A": value}) for value in "12")
    third = vault.keep(JOB, {"A": "3"}, used={first.key})
    left = {path.stem for path in (vault.root / JOB).glob("sec_*")}
    assert left == {first.key, second.key, third.key}
    vault.keep(JOB, {"A": "4"}, used={third.key})
    assert first.key not in {path.stem for path in (vault.root / JOB).glob("sec_*")}


def test_an_ended_jobs_secrets_are_gone(vault: Vault) -> None:
    key = vault.keep(JOB, {"A": "1"}).key
    vault.forget(JOB)
    assert vault.view(JOB).names == ()
    with pytest.raises(BadRequest, match="are gone"):
        vault.path(JOB, key)


def test_a_sweep_spares_active_jobs_and_those_on_their_way(vault: Vault) -> None:
    for job in ("inf_active", "inf_coming", "inf_orphan"):
        vault.keep(job, {"A": "1"})
    for job in ("inf_active", "inf_orphan"):
        os.utime(vault.root / job, (1, 1))
    vault.forget_all_but(["inf_active"])
    assert sorted(path.name for path in vault.root.iterdir()) == ["inf_active", "inf_coming"]


@pytest.mark.parametrize("name", ["PATH", "LD_PRELOAD", "PYTHONPATH", "AIBRO_TOKEN", "HOME", "", "a b", "1A", "A=B"])
def test_names_that_are_none_or_decide_how_a_process_starts_are_refused(vault: Vault, name: str) -> None:
    with pytest.raises(BadRequest):
        vault.keep(JOB, {name: "x"})
    assert not vault.root.exists()


def test_no_value_is_in_an_error_or_a_repr(vault: Vault) -> None:
    with pytest.raises(BadRequest) as refused:
        vault.keep(JOB, {"A": "canary\0"})
    assert "canary" not in f"{refused.value!r} {refused.value} {refused.value.fix}"
    assert "canary" not in repr(SecretsUpdate(values={"A": "canary"}))


@pytest.mark.parametrize(
    ("job", "key"), [("../x", "sec_0123456789abcdef"), ("inf_1", "../../token"), ("inf_1", "newest")]
)
def test_made_up_ids_are_no_paths(vault: Vault, job: str, key: str) -> None:
    vault.keep("inf_1", {"A": "1"})
    with pytest.raises(BadRequest):
        vault.path(job, key)
