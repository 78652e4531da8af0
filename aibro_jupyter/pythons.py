"""Minor versions of Python, such as "3.11": what an environment, a lock and a repo are made for."""

from __future__ import annotations

import re
import sys

OURS = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The one that runs this."""
MINOR = re.compile(r"3\.\d{1,2}")
