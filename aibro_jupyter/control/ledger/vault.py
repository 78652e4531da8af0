"""A job's secrets: files that their owner alone may read, and nothing of them anywhere else."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aibro_jupyter import clock
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.home import private_dir, secrets_file, write_private
from aibro_jupyter.protocol import SecretsView
from aibro_jupyter.protocol.ids import checked_job_id, is_job_id

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_KEY = re.compile(r"sec_[0-9a-f]{16}")
_OURS = re.compile(r"PATH|HOME|PYTHON.*|LD_.*|DYLD_.*|AIBRO_.*")
_LONGEST = 64 * 1024
"""Characters of a value. Chosen: a key with its certificates fits, and Linux gives a variable 128 KiB."""
ORPHANED_S = 3600.0
"""Secrets come before their job; after this long none will come any more."""


@dataclass(frozen=True)
class Vault:
    """One folder a job, one file for each set of values, so that a version that comes back finds its own."""

    root: Path

    def keep(self, job_id: str, values: Mapping[str, str], *, used: Collection[str] = ()) -> SecretsView:
        """Add values to the newest set of a job, or replace them there, and return the names and the set's key.

        Values that are all there already make no new set. Of older sets only those that are ``used`` stay.
        """
        for name, value in values.items():
            _check(name, value)
        before = self._newest(job_id)
        known = self.values(job_id, before) if before else {}
        after = {**known, **values}
        if after == known:
            return SecretsView(names=tuple(sorted(known)), key=before)
        folder = private_dir(private_dir(self.root) / checked_job_id(job_id))
        key = f"sec_{secrets.token_hex(8)}"
        write_private(secrets_file(self.root, job_id, key), json.dumps(after))
        write_private(folder / "newest", key)
        for old in folder.glob("sec_*.json"):
            if old.stem not in {key, before, *used}:
                old.unlink(missing_ok=True)
        return SecretsView(names=tuple(sorted(after)), key=key)

    def view(self, job_id: str) -> SecretsView:
        """Return the names of a job's newest set; no names where it has none."""
        key = self._newest(job_id)
        return SecretsView(names=tuple(sorted(self.values(job_id, key))) if key else (), key=key)

    def path(self, job_id: str, key: str) -> Path:
        """Return where a set lies. Raises ``BadRequest`` if there is none: it was made up, or its job has ended."""
        path = secrets_file(self.root, checked_job_id(job_id), key)
        if not _KEY.fullmatch(key) or not path.is_file():
            raise BadRequest("the secrets of this job are gone", fix="deploy it again with --secret NAME")
        return path

    def values(self, job_id: str, key: str) -> dict[str, str]:
        """Return a set's values."""
        return dict(json.loads(self.path(job_id, key).read_text(encoding="utf-8")))

    def forget(self, job_id: str) -> None:
        """Delete all secrets of a job."""
        shutil.rmtree(self.root / checked_job_id(job_id), ignore_errors=True)

    def forget_all_but(self, active: Collection[str]) -> None:
        """Delete the secrets of every other job, except those whose job may be on its way."""
        with suppress(FileNotFoundError):
            for folder in self.root.iterdir():
                fresh = clock.now() - folder.stat().st_mtime < ORPHANED_S
                if folder.name not in active and not fresh and is_job_id(folder.name):
                    self.forget(folder.name)

    def _newest(self, job_id: str) -> str:
        with suppress(FileNotFoundError):
            return (self.root / checked_job_id(job_id) / "newest").read_text(encoding="utf-8").strip()
        return ""


def _check(name: str, value: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadRequest(f"{name[:80]!r} cannot be the name of a secret", fix="letters, digits and _, as in API_KEY")
    if _OURS.fullmatch(name):
        raise BadRequest(f"{name} decides how a model's process starts", fix="give the secret another name")
    if not value or "\0" in value or len(value) > _LONGEST:
        raise BadRequest(f"the value of {name} is empty, too long or holds a zero byte")
