"""What a proof found to be missing from the repo, for the next attempt to add."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from aibro_jupyter.capturing.proving.proof import Proof
from aibro_jupyter.capturing.session.items import Gathered, Patch
from aibro_jupyter.capturing.session.localmodules import local_path
from aibro_jupyter.capturing.session.notebook import Notebook

_NO_MODULE = re.compile(r"No module named '([\w.]+)'")


@dataclass(frozen=True, kw_only=True)
class Missed:
    """What earlier proofs found to be reached only while the function runs."""

    names: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    """Of local packages, by their dotted names."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Relative paths beside the notebook -> who reads them."""
    patches: tuple[str, ...] = ()
    """Attributes of libraries that the notebook changed, and that answers come near."""

    def warnings(self) -> Iterator[str]:
        """Yield what the capture's owner should know of the names."""
        for name in self.names:
            yield f"{name}: read only through text (eval, query, globals()), so it was added"


def more_missed(notebook: Notebook, proof: Proof, missed: Missed, user: str) -> Missed | None:
    """Return what the next attempt adds; None: the failed proof found nothing new. ``user`` reads the files."""
    names = [name for name in proof.missing if name in notebook.namespace and name not in missed.names]
    files = [name for name in proof.wanted if name not in missed.files]
    named = [name for error in proof.errors for name in _NO_MODULE.findall(error)]
    modules = [name for name in named if name in sys.modules and local_path(name) and name not in missed.modules]
    if not names and not files and not modules:
        return None
    return replace(
        missed, names=(*missed.names, *names), modules=(*missed.modules, *modules),
        files={**missed.files, **dict.fromkeys(files, user)},
    )  # fmt: skip


def more_patches(missed: Missed, gathered: Gathered, found: Sequence[Patch]) -> Missed:
    """Return the next attempt's patches; the second time that more are found, all of the repo's libraries come."""
    more = dict.fromkeys(patch.target for patch in found)
    if missed.patches:
        more |= dict.fromkeys(patch.target for patch in gathered.unneeded if patch.known)
    return replace(missed, patches=(*missed.patches, *more))
