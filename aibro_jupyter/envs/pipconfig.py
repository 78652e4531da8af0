"""What pip's own configuration files say of where packages come from: uv reads none of them."""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Mapping
from pathlib import Path

_SECTIONS = ("global", "install")


def pip_settings(surroundings: Mapping[str, str]) -> dict[str, str]:
    """Return pip's settings by their option's name (``index-url``), as its files have them, the nearest file last.

    A file that cannot be read or understood says nothing. Values may hold credentials: they are never to be shown.
    """
    found: dict[str, str] = {}
    for file in _files(surroundings):
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, configparser.Error):
            continue
        for section in _SECTIONS:
            if parser.has_section(section):
                found |= {name.replace("_", "-"): " ".join(value.split()) for name, value in parser.items(section)}
    return {name: value for name, value in found.items() if value}


def _files(given: Mapping[str, str]) -> list[Path]:
    """Return where pip looks, in its order: everybody's, the user's, this environment's, the one that is named."""
    named = given.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    home = Path(given["HOME"]) if given.get("HOME") else None
    everybody = [Path(folder) / "pip" / "pip.conf" for folder in given.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
    files = [*everybody, Path("/etc/pip.conf")]
    if sys.platform == "darwin":
        files.append(Path("/Library/Application Support/pip/pip.conf"))
    if home is not None:
        files.append(home / ".pip" / "pip.conf")
        config = Path(given.get("XDG_CONFIG_HOME") or home / ".config")
        files.append(config / "pip" / "pip.conf")
        if sys.platform == "darwin":
            files.append(home / "Library" / "Application Support" / "pip" / "pip.conf")
    files.append(Path(sys.prefix) / "pip.conf")
    return [*files, *([Path(named)] if named else [])]
