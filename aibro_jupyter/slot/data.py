"""The repo's data/ folder: a posted body takes its place for one request, then the repo's own comes back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_ASIDE = ".aibro-data"
_SAMPLE_SHOWN = 400
"""Bytes. Chosen: what fits beside a complaint."""


class Data:
    """``data/`` of the slot's own copy of the repo."""

    def __init__(self, repo: str) -> None:
        self.folder = os.path.join(repo, "data")
        self._aside = os.path.join(repo, _ASIDE)
        if os.path.isdir(self._aside):
            # The process before us died in the middle of a request.
            self._bring_back()

    def names(self, folder: str = "") -> list[str]:
        """Return the names of the files the repo has at the top of data/; hidden ones do not count."""
        try:
            with os.scandir(folder or self.folder) as entries:
                return sorted(e.name for e in entries if e.is_file() and not e.name.startswith("."))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def files(self) -> dict[str, bytes]:
        """Return the content of every file the repo has at the top of data/, while a request has its place too."""
        folder = self._aside if os.path.isdir(self._aside) else self.folder
        found = {}
        for name in self.names(folder):
            with open(os.path.join(folder, name), "rb") as file:
                found[name] = file.read()
        return found

    def sample(self) -> str | None:
        """Return the start of the repo's one sample as text, to be shown beside a complaint; None if it is none."""
        names = self.names()
        if len(names) != 1:
            return None
        with open(os.path.join(self.folder, names[0]), "rb") as file:
            start = file.read(_SAMPLE_SHOWN + 1)
        if b"\0" in start:
            return None
        text = start[:_SAMPLE_SHOWN].decode("utf-8", "ignore").strip()
        return text + " …" if len(start) > _SAMPLE_SHOWN else text

    @contextmanager
    def replaced(self, files: Mapping[str, bytes]) -> Iterator[None]:
        """For as long as this lasts data/ holds these files (relative paths) and nothing else."""
        if os.path.isdir(self.folder):
            os.rename(self.folder, self._aside)
        else:
            os.mkdir(self._aside)
        try:
            os.mkdir(self.folder)
            for name, content in files.items():
                path = os.path.join(self.folder, *name.split("/"))
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "xb") as file:
                    file.write(content)
            yield
        finally:
            self._bring_back()

    def _bring_back(self) -> None:
        if os.path.islink(self.folder) or os.path.isfile(self.folder):
            os.unlink(self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        os.rename(self._aside, self.folder)
