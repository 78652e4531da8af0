"""``aibro.json``: what a captured repo says of itself. A repo that somebody wrote by hand has none."""

from __future__ import annotations

import json
import os
from typing import Any

from .faults import BadManifest

FILE = "aibro.json"
CONTRACT = 2
"""What its words mean. It grows when they mean something else or there are new ones, and each older one is read for as
long as it is kept. 2: descriptions of what lies inside lists and objects, labels of rows, and ``labelled``."""

Manifest = dict[str, Any]


def manifest(**said: Any) -> Manifest:
    """Return a manifest of this contract."""
    return {"contract": CONTRACT, **said}


def written(said: Manifest) -> str:
    """Return its text as it stands in the repo."""
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"


def read(repo: str | os.PathLike[str]) -> Manifest | None:
    """Return the manifest in a repo's folder, None if it has none; one that cannot be read raises ``BadManifest``."""
    try:
        with open(os.path.join(repo, FILE), encoding="utf-8") as file:
            said = json.load(file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BadManifest(f"{FILE} cannot be read: {error}") from error
    if not isinstance(said, dict):
        raise BadManifest(f"{FILE} is no object")
    contract = said.get("contract", said.get("format", CONTRACT))  # it was called format at first
    if type(contract) is not int or not 1 <= contract <= CONTRACT:
        raise BadManifest(f"{FILE} has contract {contract!r:.20}, and this aibro_jupyter reads up to {CONTRACT}")
    return said


def glanced(repo: str | os.PathLike[str]) -> Manifest:
    """Return the manifest for whoever only wants to tell of it: empty where there is none, or none to be read."""
    try:
        return read(repo) or {}
    except BadManifest:
        return {}


def input_of(said: Manifest | None) -> dict[str, Any] | None:
    """Return what it says of the input: ``whole`` and ``parameters``; None where it says nothing."""
    given = (said or {}).get("input")
    return given if isinstance(given, dict) and isinstance(given.get("parameters"), list) else None


def sole_of(said: dict[str, Any]) -> dict[str, Any] | None:
    """Return the one parameter of an ``input`` whose value is the body; None where a body is an object by names."""
    parameters = said["parameters"]
    return dict(parameters[0]) if said.get("whole", True) and len(parameters) == 1 else None


def labelled_of(said: Manifest | None) -> dict[str, Any]:
    """Return what it says of the labels of tables in an answer, by place; nothing where it says nothing."""
    found = (said or {}).get("labelled")
    return found if isinstance(found, dict) else {}
