"""An instance's folder: the lock that keeps it to one agent, the files that tell of it, the repo, the slots' copies."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil

from aibro_jupyter.clock import now
from aibro_jupyter.errors import BadBundle
from aibro_jupyter.home import write_private
from aibro_jupyter.protocol import Boot, OnProgress, Progress, decode
from aibro_jupyter.repo.bundle import unpack
from aibro_jupyter.repo.sharing import copy_shared, marks

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Volume:
    """What an instance has on its disk, whatever provider it runs on; it outlives a stop."""

    root: Path

    @property
    def instance_id(self) -> str:
        """The folder's name."""
        return self.root.name

    @property
    def log(self) -> Path:
        """What the model printed."""
        return self.root / "log.txt"

    @property
    def repo(self) -> Path:
        """The unpacked bundle; there only when whole, and kept over a stop."""
        return self.root / "repo"

    @property
    def _marks(self) -> Path:
        """How the big files of the repo's ``model/`` were when it was unpacked."""
        return self.root / "weights.json"

    def boot(self) -> Boot:
        """Return what the provider wrote for this instance."""
        return decode((self.root / "boot.json").read_bytes(), Boot)

    def lock(self) -> int | None:
        """Take the lock of the folder's one agent until this process ends; None: another has it.

        It says nothing to a provider: that holds a lock of its own from before this process began.
        """
        handle = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return handle

    def locks(self) -> list[tuple[int, int]]:
        """Return which files are the locks of this folder: the agent's own and the one that its provider holds."""
        found = [os.stat(path) for path in (self.root / "lock", self.root / "process") if path.exists()]
        return [(mark.st_dev, mark.st_ino) for mark in found]

    def say_who(self) -> None:
        """Write ``agent.json``: which process this is, for whoever looks into the folder; nothing of ours reads it."""
        me = psutil.Process()
        about = {"pid": me.pid, "pid_started_at": me.create_time(), "started_at": now()}
        write_private(self.root / "agent.json", json.dumps(about))

    def say_where(self, endpoint: str) -> None:
        """Write ``endpoint``: from now on requests are taken."""
        write_private(self.root / "endpoint", endpoint)

    def say_nowhere(self) -> None:
        """Remove ``endpoint``."""
        (self.root / "endpoint").unlink(missing_ok=True)

    def say_alive(self) -> None:
        """Touch ``alive``: its time is the last moment this instance is known to have run."""
        (self.root / "alive").touch()

    def unpack(self, boot: Boot, tell: OnProgress) -> None:
        """Have the bundle's content in ``repo``: from the last run, or fetched, checked and unpacked."""
        if self.repo.exists():
            return
        coming = self.root / ".repo.coming"
        shutil.rmtree(coming, ignore_errors=True)
        archive = self._fetch(boot.bundle_url, tell)
        tell(Progress(text="unpacking the model"))
        unpack(archive, boot.bundle, coming)
        write_private(self._marks, json.dumps(marks(coming)))
        coming.rename(self.repo)
        if archive.parent == self.root:
            archive.unlink()

    def fresh_slot(self, number: int) -> Path:
        """Return a new copy of the repo for one slot; only big files in ``model/`` are shared with it.

        If the slot before has written to such a file, the bundle is unpacked anew first.
        """
        if not self._untouched():
            shutil.rmtree(self.repo)
            self.unpack(self.boot(), lambda _: None)
        folder = self.root / "slots" / str(number)
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(exist_ok=True)
        copy_shared(self.repo, folder)
        return folder

    def _untouched(self) -> bool:
        try:
            return bool(json.loads(self._marks.read_text()) == marks(self.repo))
        except FileNotFoundError:
            return not marks(self.repo)

    def _fetch(self, url: str, tell: OnProgress) -> Path:
        parts = urlsplit(url)
        if parts.scheme == "file":
            return Path(unquote(parts.path))
        if parts.scheme not in ("http", "https"):
            raise BadBundle(
                f"a bundle cannot come by {parts.scheme or 'nothing'}", fix="file, http and https are known"
            )
        # Only here: an instance on this computer copies its bundle, and wakes faster without this import.
        import requests

        archive = self.root / "bundle.tar.gz"
        done = 0
        try:
            with requests.get(url, stream=True, timeout=60) as answer, archive.open("wb") as file:
                answer.raise_for_status()
                total = int(answer.headers.get("Content-Length", 0))
                for chunk in answer.iter_content(_CHUNK):
                    done += file.write(chunk)
                    tell(Progress(text="fetching the model", done=done, total=total, unit="bytes"))
        except requests.RequestException as error:
            # The URL may be presigned, and then it is a secret: only the kind of failure is told.
            raise BadBundle(f"the bundle could not be fetched: {type(error).__name__}") from None
        return archive
