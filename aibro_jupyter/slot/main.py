"""The slot's start: ``python -I main.py --repo DIR --in-fd N --out-fd M`` serves one model over two pipes.

It loads its own modules under a private package name, so that nothing of ours can be taken for a module of the user's.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.machinery
import importlib.util
import os
import sys

_PRIVATE = "_aibro_slot"


def _sibling(name: str) -> object:
    """Import a module that lies beside this file, as a part of a package nobody else can name by chance."""
    if _PRIVATE not in sys.modules:
        spec = importlib.machinery.ModuleSpec(_PRIVATE, None, is_package=True)
        spec.submodule_search_locations = [os.path.dirname(os.path.abspath(__file__))]
        sys.modules[_PRIVATE] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"{_PRIVATE}.{name}")


def main() -> None:
    """Serve until the host closes its end."""
    parser = argparse.ArgumentParser(prog="slot")
    parser.add_argument("--repo", required=True)
    parser.add_argument("--in-fd", type=int, required=True)
    parser.add_argument("--out-fd", type=int, required=True)
    options = parser.parse_args()
    _sibling("serve").serve(options.repo, options.in_fd, options.out_fd)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
