"""Where the backend's files live, and who may read them."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir


@dataclass(frozen=True)
class Home:
    """The folder of one user's backend (mode 0700) and the places in it."""

    root: Path

    @property
    def database(self) -> Path:
        """Jobs, instances, events and bills; control is the only writer."""
        return self.root / "aibro.db"

    @property
    def backend_id_file(self) -> Path:
        """The id that the database was given when it was made: by it a new database in an old home is known."""
        return self.root / "backend_id"

    @property
    def copies(self) -> Path:
        """Copies of the database, made by themselves, and what restoring put aside."""
        return self.root / "copies"

    @property
    def database_lock(self) -> Path:
        """Held with flock by whoever has the database open, or replaces it."""
        return self.run / "database.lock"

    @property
    def failed_json(self) -> Path:
        """``protocol.Refusal`` of the last start of the daemon, if it came to nothing."""
        return self.run / "failed.json"

    @property
    def bundles(self) -> Path:
        """``<sha256>.tar.gz``, one per uploaded repo."""
        return self.root / "bundles"

    @property
    def envs(self) -> Path:
        """One virtual environment per resolved lock, and the locks."""
        return self.root / "envs"

    @property
    def instances(self) -> Path:
        """One folder per local instance: its volume."""
        return self.root / "instances"

    @property
    def secrets(self) -> Path:
        """One folder per job that has secrets; files of mode 0600, deleted when it ends."""
        return self.root / "secrets"

    @property
    def run(self) -> Path:
        """Files of what runs: the daemon, starts, parked parents."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        """What daemon, control and gateway wrote, and tracebacks of our own bugs."""
        return self.root / "logs"

    @property
    def access_log(self) -> Path:
        """A line of JSON for each answer to a prediction, if a setting of the gateways asks for it."""
        return self.logs / "access.log"

    @property
    def daemon_json(self) -> Path:
        """``protocol.DaemonInfo`` of the running daemon, mode 0600."""
        return self.run / "daemon.json"

    @property
    def daemon_lock(self) -> Path:
        """Held with flock for as long as the daemon lives."""
        return self.run / "daemon.lock"

    @property
    def token_file(self) -> Path:
        """The owner's bearer token, made at first start, mode 0600."""
        return self.root / "token"

    @property
    def gateway_token_file(self) -> Path:
        """The bearer token that gateways use toward control, mode 0600."""
        return self.root / "gateway_token"

    @property
    def metrics_token_file(self) -> Path:
        """The bearer token that reads ``/metrics`` and nothing else, made when control first starts, mode 0600."""
        return self.root / "metrics_token"

    @property
    def gateway_port(self) -> Path:
        """The port of the APIs, chosen at the first start: it stands in their URLs."""
        return self.root / "gateway_port"

    @property
    def control_port(self) -> Path:
        """The port of control, chosen at the first start."""
        return self.root / "control_port"

    @property
    def settings_file(self) -> Path:
        """Optional settings of the backend, TOML."""
        return self.root / "settings.toml"

    def make(self) -> Home:
        """Create the folders that are missing, readable by their owner alone, and return self."""
        for folder in (self.root, self.bundles, self.envs, self.instances, self.run, self.logs):
            private_dir(folder)
        return self


def home() -> Home:
    """Return the user's home: ``AIBRO_HOME`` if set, else ``aibro`` in Jupyter's data folder."""
    chosen = os.environ.get("AIBRO_HOME")
    return Home(Path(chosen).expanduser().absolute() if chosen else Path(jupyter_data_dir()) / "aibro")


def secrets_file(secrets: Path, job_id: str, key: str) -> Path:
    """Return where a set of a job's secrets lies in the folder of all secrets."""
    return secrets / job_id / f"{key}.json"


def private_dir(folder: Path) -> Path:
    """Create a folder that only its owner may enter (mode 0700), with its parents, and return it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def write_private(path: Path, content: str | bytes) -> None:
    """Replace a file at once, whole or not at all, readable by its owner alone (mode 0600)."""
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def token(file: Path, prefix: str) -> str:
    """Return the secret in a file of mode 0600, made at first use."""
    if not file.exists():
        write_private(file, prefix + secrets.token_urlsafe(32))
    return file.read_text().strip()


NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"""What may stand in a URL as the name of a model or a user."""


def suggested_name(wanted: str, default: str = "model") -> str:
    """Return the nearest name that may stand in a URL; ``default`` where nothing is left of the one wanted."""
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "-", wanted).strip("-._")
    return cleaned[:128] or default
