"""Which providers there are: this computer always, others by the entry points of installed packages."""

from __future__ import annotations

import logging
from importlib.metadata import entry_points

from aibro_jupyter.home import Home
from aibro_jupyter.providers.base import Provider
from aibro_jupyter.providers.local import LocalProvider

GROUP = "aibro_jupyter.providers"
_log = logging.getLogger(__name__)


def providers(home: Home) -> dict[str, Provider]:
    """Return every provider by the word people write after ``--on``; one that cannot be loaded is left out, loudly."""
    found: dict[str, Provider] = {LocalProvider.name: LocalProvider(home)}
    for entry in entry_points(group=GROUP):
        if entry.name in found:
            continue
        try:
            found[entry.name] = entry.load()(home)
        except Exception:  # noqa: BLE001 - foreign code: one broken provider must not take the others with it
            _log.exception("the provider %r cannot be loaded", entry.name)
    return found
