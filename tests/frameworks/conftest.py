"""One kernel for each framework. `make test-frameworks` runs these, in an environment that has the frameworks."""

from __future__ import annotations

import os

from tests.capturing.conftest import _kernel, notebook  # noqa: F401 - the fixtures

if not os.environ.get("AIBRO_FRAMEWORKS"):
    collect_ignore_glob = ["test_*.py"]
