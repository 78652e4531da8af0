"""The packages a repo needs, pinned to what the kernel has; a PyPI name is looked up, never guessed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from aibro_jupyter.capturing.session.items import Notes
from aibro_jupyter.capturing.writing.distributions import distribution_of, distributions_of


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """One line a package."""

    lines: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    """Distribution -> version."""
    modules: tuple[str, ...] = ()
    """The top-level modules they were found for."""
    notes: Notes = field(default_factory=Notes)
    """What was noticed on the way."""

    def also(self, modules: Iterable[str]) -> Requirements:
        """Return these and what else is needed, such as a back-end that a proof has used."""
        more = requirements_of(modules)
        return Requirements(
            lines=tuple(sorted({*self.lines, *more.lines}, key=str.lower)),
            versions={**self.versions, **more.versions},
            modules=(*self.modules, *more.modules),
            notes=self.notes,
        )

    def text(self) -> str:
        """Return requirements.txt."""
        return "".join(f"{line}\n" for line in self.lines)


def requirements_of(modules: Iterable[str]) -> Requirements:
    """Return the distributions that top-level modules come from, with the versions installed here."""
    notes, lines = Notes(), dict[str, str]()
    versions: dict[str, str] = {}
    needed = []
    for module in dict.fromkeys(modules):
        if module in sys.stdlib_module_names or module in sys.builtin_module_names or module == "__main__":
            continue
        name = distribution_of(module)
        if name is None:
            if module in sys.modules:
                _unknown(notes, module)
            continue
        distribution = metadata.distribution(name)
        versions[distribution.metadata["Name"]] = distribution.version
        lines[name.lower()] = _pin(distribution, name, module, notes)
        needed.append(module)
    in_order = tuple(line for _, line in sorted(lines.items()) if line)
    return Requirements(lines=in_order, versions=versions, modules=tuple(needed), notes=notes)


_PICKLES = frozenset({".pkl", ".pickle", ".joblib", ".sav", ".p", ".model", ".dump"})
_PICKLE_START = re.compile(rb"\x80[\x02-\x06]")
_MAY_BE_PICKLES = (b"\x80", b"\x1f\x8b", *(bytes([first]) for first in range(0x08, 0x80, 0x10)))
"""How a pickle begins, or what gzip and zlib make of one."""
_PIECE = 2**20
"""Bytes in memory at a time."""
_LONGEST_NAME = 256
"""Chosen: so much of a piece is read again with the next one, for a name may lie across both."""
_DOTTED = re.compile(rb"(?<![\w.])([A-Za-z_]\w*)\.[A-Za-z_]")


def modules_named_in(path: Path) -> list[str]:
    """Return the installed top-level modules that a pickle on disk names, compressed or not; [] for other files."""
    with path.open("rb") as file:
        start = file.read(2)
    if path.suffix.lower() not in _PICKLES and not start.startswith(_MAY_BE_PICKLES):
        return []
    with path.open("rb") as file:
        pieces = _unpacked(file)
        data = next(pieces, b"")
        if path.suffix.lower() not in _PICKLES and not _PICKLE_START.match(data):
            return []
        found = _roots(data)
        for piece in pieces:
            data = data[-_LONGEST_NAME:] + piece
            found |= _roots(data, after=1)  # what begins with the overlap may be the end of a longer name
    return sorted(root for root in found if distributions_of(root))


def _unpacked(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file's bytes piece by piece, unpacked where gzip or zlib packed them."""
    unpacking, packed = zlib.decompressobj(wbits=47), file.read(_PIECE)
    try:
        data = unpacking.decompress(packed, _PIECE)
    except zlib.error:
        while packed:
            yield packed
            packed = file.read(_PIECE)
        return
    with suppress(zlib.error):  # a file that is damaged further on: what came before says enough
        while data or packed:
            yield data
            packed = unpacking.unconsumed_tail or file.read(_PIECE)
            data = b"" if unpacking.eof else unpacking.decompress(packed, _PIECE)
            packed = b"" if unpacking.eof else packed


def _roots(data: bytes, after: int = 0) -> set[str]:
    """Return the loaded modules among the first parts of dotted names."""
    named = {match[1] for match in _DOTTED.finditer(data) if match.start() >= after}
    return {root for root in (name.decode() for name in named) if root in sys.modules}


def _pin(distribution: metadata.Distribution, name: str, module: str, notes: Notes) -> str:
    """Return a distribution's line, and note what its owner should know of it; empty: it cannot be had elsewhere."""
    version = distribution.version
    running = getattr(sys.modules.get(module), "__version__", None)
    if isinstance(running, str) and _is_another(running, version):
        notes.warnings.append(
            f"{name}: {version} is installed, but the kernel still runs {running}; restart the kernel"
        )
    direct = json.loads(distribution.read_text("direct_url.json") or "{}")
    url = str(direct.get("url", ""))
    if (distribution.read_text("INSTALLER") or "").strip() == "conda":
        # Conda notes the folder it was built in, on another machine; what counts is its name and version.
        notes.warnings.append(
            f"{name}: conda installed it; the environment asks the package index for {name} {version}, and says so "
            "if it is not there"
        )
        direct = {}
    match direct:
        case {"vcs_info": {"vcs": str(vcs), "commit_id": str(commit)}}:
            return f"{name} @ {vcs}+{url}@{commit}"
        case {"archive_info": _} if url.startswith("http"):
            return f"{name} @ {url}"
        case {"dir_info": _} | {"archive_info": _}:
            if line := _in_git(name, url) if "dir_info" in direct else "":
                return line
            kind = "folder" if "dir_info" in direct else "file"
            notes.refuse(
                module,
                "",
                f"{name} is installed from the {kind} {unquote(Path(url).name)}",
                "install it from an index or from git, or put its modules beside the notebook",
                "package",
            )
            return ""
    if "+" in version:
        plain, _, build = version.partition("+")
        same = f"; UV_TORCH_BACKEND={build} in the backend's environment gets the same build" if name == "torch" else ""
        notes.warnings.append(
            f"{name}: the local build {version} is pinned as {plain}, as the package index has it{same}"
        )
    return f"{distribution.metadata['Name']}=={version.partition('+')[0]}"


def _is_another(running: str, installed: str) -> bool:
    """Tell whether a module's version is not its package's, which may count builds too: 4.14.0 and 4.14.0.94."""
    from packaging.version import InvalidVersion, Version

    try:
        ran, here = Version(running), Version(installed)
    except InvalidVersion:
        return False
    if len(ran.release) == len(here.release):
        return ran.public != here.public
    shorter = min(len(ran.release), len(here.release))
    return ran.release[:shorter] != here.release[:shorter]


def _in_git(name: str, url: str) -> str:
    """Return the line for a package installed from a checkout whose commit its remote has; "" for any other folder."""
    folder = Path(unquote(urlsplit(url).path))

    def git(*words: str) -> str:
        try:
            command = ["git", "-C", str(folder), *words]
            return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout.strip()
        except (OSError, subprocess.SubprocessError):
            return ""

    remote, commit = git("remote", "get-url", "origin"), git("rev-parse", "HEAD")
    known = commit and git("branch", "--remotes", "--contains", commit) and not git("status", "--porcelain")
    below = git("rev-parse", "--show-prefix").strip("/")
    if not known or not remote.startswith("https://") or "@" in remote:
        return ""
    return f"{name} @ git+{remote}@{commit}" + (f"#subdirectory={below}" if below else "")


def _unknown(notes: Notes, module: str) -> None:
    reason = "no installed package says that it has this module"
    fix = "install it with pip, or put it beside the notebook"
    notes.refuse(module, "", reason, fix, "module")
