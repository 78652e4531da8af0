"""The slot's start: ``python -I main.py --repo DIR --fd N --life-fd M`` serves one model over a socket.

It lives for as long as the pipe that is its life line has a writer.

``--park DIR --lock-fd N`` is a parked parent of such slots instead.

It loads its own modules and ``modelio`` under a private package name, so that nothing of ours can be taken for a
module of the user's.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.machinery
import importlib.util
import os
import sys

_PRIVATE = "_aibro"


def _ours(name: str) -> object:
    """Import a module that lies beside this file, with the leaf it stands on, under a name nobody takes by chance."""
    if _PRIVATE not in sys.modules:
        spec = importlib.machinery.ModuleSpec(_PRIVATE, None, is_package=True)
        spec.submodule_search_locations = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]
        sys.modules[_PRIVATE] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"{_PRIVATE}.slot.{name}")


def main() -> None:
    """Serve until the host closes its end."""
    parser = argparse.ArgumentParser(prog="slot")
    parser.add_argument("--repo")
    parser.add_argument("--fd", type=int)
    parser.add_argument("--life-fd", type=int)
    parser.add_argument("--park", metavar="DIR")
    parser.add_argument("--lock-fd", type=int)
    parser.add_argument("--proof", metavar="JSON")
    options = parser.parse_args()
    if options.park:
        _ours("parent").park(options.park, options.lock_fd)  # type: ignore[attr-defined]
        return
    if options.proof:
        _ours("proof").prove(options.repo, options.fd, options.life_fd, options.proof)  # type: ignore[attr-defined]
    _ours("serve").serve(options.repo, options.fd, options.life_fd)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
