"""A local instance is a folder: its volume, and the marks that say what was asked of it and what became of it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from aibro_jupyter import lifeline
from aibro_jupyter.home import write_private
from aibro_jupyter.protocol import Boot, decode

KEPT_BYTES = 1024 * 1024
"""Chosen: so much of a log is kept of an instance that ended, some ten thousand lines."""
BEAT_S = 0.5
"""How often an agent says that it lives: so much of a run, at most, is not known when it is killed."""
HUNG_S = 10.0
"""Chosen: twenty beats that did not come, which no load explains; such an agent hears no request to end."""
FIRST_BEAT_S = 5.0
"""Chosen: how long an agent may take until it says so for the first time, which importing takes."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What was asked last: start (not surely forked yet), run, stop or terminate, and when patience ends."""

    word: str
    kill_at: float = 0.0


@dataclass(frozen=True)
class LocalInstance:
    """An instance on this computer, as the marks in its folder tell of it."""

    root: Path

    @property
    def lock(self) -> Path:
        """Held by the agent's process from its first instant to its last; says its pid and start time."""
        return self.root / "process"

    @property
    def tombstone(self) -> Path:
        """Says that the instance is gone, since when and why; outlives the folder."""
        return self.root.with_name(f"{self.root.name}.gone")

    @property
    def kept_log(self) -> Path:
        """The end of the model's log; outlives the folder, as the tombstone does."""
        return self.root.with_name(f"{self.root.name}.log")

    def boot(self) -> Boot:
        """Return what the instance was launched with."""
        return decode((self.root / "boot.json").read_bytes(), Boot)

    def alive(self) -> bool:
        """Tell whether the instance's process lives."""
        return lifeline.is_held(self.lock)

    def wanted(self) -> Wanted:
        """Return what was asked last; of a folder that is only being made (or deleted), a start."""
        try:
            word, _, kill_at = (self.root / "wanted").read_text().strip().partition(" ")
        except FileNotFoundError:
            return Wanted(word="start")
        return Wanted(word=word, kill_at=float(kill_at or 0))

    def want(self, word: str, kill_at: float = 0.0) -> None:
        """Write down what is asked; with a deadline if it ends in a KILL."""
        write_private(self.root / "wanted", f"{word} {kill_at}" if kill_at else word)

    def announce(self, taken_at: float) -> None:
        """Write down when this instance is taken back by its market; what was announced first stays."""
        if self.taken_at() is None:
            write_private(self.root / "taken_at", str(taken_at))

    def taken_at(self) -> float | None:
        """Return when its market takes it back; None: nobody said so."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            return float((self.root / "taken_at").read_text())
        return None

    def forget_notice(self) -> None:
        """Let a machine that stopped before it was taken back begin anew."""
        (self.root / "taken_at").unlink(missing_ok=True)

    def spot_machine(self) -> str | None:
        """Return the machine that was bought on spot; None: it was not."""
        with contextlib.suppress(FileNotFoundError):
            return (self.root / "spot").read_text().strip()
        return None

    def forked_at(self) -> float | None:
        """Return when the last process began; None: none ever did."""
        with contextlib.suppress(FileNotFoundError):
            mark = self.lock.stat()
            return mark.st_mtime if mark.st_size else None
        return None

    def remember_run(self, ran: tuple[float, float] | None) -> None:
        """Keep from when until when it ran, before it runs anew: a database that is older than that can bill it."""
        if ran is not None:
            write_private(self.root / "ran", f"{ran[0]} {ran[1]}")

    def ran_before(self) -> tuple[float, float] | None:
        """Return the run before the last one, from and until; None: there was none."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            begun, ended = map(float, (self.root / "ran").read_text().split())
            return begun, ended
        return None

    def last_sign_at(self) -> float | None:
        """Return when the instance last showed that it lives; None: it never did."""
        signs = (touched_at(self.root / "alive"), touched_at(self.root / "seen"), self.forked_at())
        return max((at for at in signs if at is not None), default=None)

    def is_hung(self) -> bool:
        """Tell whether the agent gave signs of life, and has given none for long. Says nothing of a dead one."""
        return self._late_s() >= HUNG_S

    def saw_alive(self) -> None:
        """Keep that its process was seen alive just now, for the bill of one that is late with its beat."""
        if self._late_s() > 2 * BEAT_S:
            with contextlib.suppress(OSError):
                (self.root / "seen").touch()

    def _late_s(self) -> float:
        """Return how long ago the agent's own last sign was; of one that gave none yet 0. Files know the wall clock."""
        beat = touched_at(self.root / "alive")
        return 0.0 if beat is None else time.time() - max(beat, self.forked_at() or beat)

    def ended_at(self, now: float) -> float | None:
        """Return when the last process ended, as far as can be known; None: none ever lived.

        It lived until its last sign of life, and may have until its next beat was due or somebody saw it dead.
        Whoever asks first settles it, so that everybody is told the same, however late they ask.
        """
        if (sign := self.last_sign_at()) is None:
            return None
        mark, silent_s = self.root / "ended", FIRST_BEAT_S if sign == self.forked_at() else BEAT_S
        with contextlib.suppress(FileNotFoundError, ValueError):
            if sign <= (settled := float(mark.read_text())) <= sign + silent_s:
                return settled
        settled = max(sign, min(now, sign + silent_s))
        with contextlib.suppress(FileNotFoundError):
            write_private(mark, str(settled))
        return settled

    def endpoint(self) -> str | None:
        """Return ``host:port`` of the agent once it listens."""
        with contextlib.suppress(FileNotFoundError):
            return (self.root / "endpoint").read_text().strip() or None
        return None

    def last_words(self) -> str:
        """Return the last lines the agent itself wrote."""
        with contextlib.suppress(FileNotFoundError):
            return "\n".join((self.root / "agent.log").read_text(errors="replace").splitlines()[-5:])
        return ""

    def log_tail(self) -> bytes:
        """Return the end of what the model wrote and what became of it, in whole lines; empty where nothing is left."""
        parts = (self.root / "log.txt.1", self.root / "log.txt") if self.root.exists() else (self.kept_log,)
        whole = b"".join(path.read_bytes() for path in parts if path.exists())
        return whole if len(whole) <= KEPT_BYTES else whole[-KEPT_BYTES:].partition(b"\n")[2]

    def shed(self) -> None:
        """Delete what is bulky, the folders; the logs stay for whoever asks what happened."""
        with contextlib.suppress(FileNotFoundError):
            for path in self.root.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)

    def bury(self, since: float | None, why: str) -> None:
        """Keep the log, write the tombstone. Both before the deleting: whoever deletes may die, another goes on."""
        if tail := self.log_tail():
            write_private(self.kept_log, tail)
            written_at = touched_at(self.root / "log.txt") or self.kept_log.stat().st_mtime
            os.utime(self.kept_log, (written_at, written_at))
        write_private(self.tombstone, json.dumps({"since": since, "why": why, "ran_from": self.forked_at()}))

    def grave(self) -> tuple[float | None, str, float | None]:
        """Delete what is left of the folder, and return since when and why it is gone, and when it began to run."""
        if self.root.exists():
            shutil.rmtree(self.root, ignore_errors=True)
        written = json.loads(self.tombstone.read_text())
        return written["since"], written["why"], written.get("ran_from")


def touched_at(path: Path) -> float | None:
    """Return when a file was last written, UTC seconds; None if there is none."""
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_mtime
    return None
