"""What a proof found, as facts."""

from __future__ import annotations

from dataclasses import dataclass

from aibro_jupyter.capturing.proving.recommend import Recommendation


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One sample's outcome."""

    sample: int
    """Counted from 1."""
    outcome: str
    """equal, differs, unsteady (two runs differ, so there is nothing to compare) or error."""
    lines: tuple[str, ...] = ()
    """Where it differs, or the error in one line."""
    blame: str = ""
    """The name and cell it comes from: ``score(), In[4]``."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a fresh process made of the repo; ``errors`` and ``differs`` are empty when it holds."""

    samples: int = 0
    equal: int = 0
    differs: tuple[str, ...] = ()
    """Where the answers are not the notebook's, one line a place."""
    errors: tuple[str, ...] = ()
    details: str = ""
    """Of an error: the traceback that matters."""
    missing: tuple[str, ...] = ()
    """Names that the code wanted and nobody had."""
    unsteady: tuple[str, ...] = ()
    """Where two runs on the same sample differ, so that there is nothing to compare."""
    verdicts: tuple[Verdict, ...] = ()
    """One for each sample that was run."""
    blame: str = ""
    """Of an error outside of any sample, while loading: the name and cell it comes from."""
    load_s: float = 0.0
    memory_mib: int = 0
    """Once it was loaded."""
    peak_mib: int = 0
    """The most it ever had, answers included."""
    latency_s: float = 0.0
    """The median answer."""
    quickest_s: tuple[float, ...] = ()
    """Per sample, the quicker of its two answers."""
    size_bytes: int = 0
    """Of the whole repo on disk."""
    isolation: str = "none"
    """How the network was kept out: namespace, guard (Python's own sockets only), or open (--allow-net)."""
    network: tuple[str, ...] = ()
    """What it wanted to reach, and could not."""
    hidden: tuple[str, ...] = ()
    """Files of the notebook's folder that it wanted by their full path, and did not get."""
    wanted: tuple[str, ...] = ()
    """Files that lie beside the notebook, were wanted under that relative name, and are not in the repo."""
    imports: tuple[tuple[str, str], ...] = ()
    """(importer, imported) top-level modules, as far as they are packages."""
    recommended: Recommendation | None = None
    works: tuple[tuple[str, str], ...] = ()
    """Changes of the sample that the function answers too: (parameter, change)."""

    @property
    def holds(self) -> bool:
        """Tell whether every sample was answered as the notebook answers it."""
        return not self.errors and not self.differs
