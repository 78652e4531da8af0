"""Small values of frameworks that read best as an expression, and devices, which are chosen anew where it serves."""

from __future__ import annotations

import re
import sys
from typing import Any

_GPU = re.compile(r"cuda(:\d+)?")
_CHOOSE = '"cuda" if torch.cuda.is_available() else "cpu"'


def expression(value: Any) -> tuple[str, str] | None:
    """Return an expression that makes an equal value and the import it needs; None for all other values."""
    module, kind = type(value).__module__, type(value).__name__
    if module == "builtins" and kind == "str" and "torch" in sys.modules and _GPU.fullmatch(value):
        return _CHOOSE, "import torch"
    if module.partition(".")[0] != "torch":
        return None
    if kind == "device":
        return f"torch.device({_CHOOSE if value.type == 'cuda' else repr(str(value))})", "import torch"
    if kind in ("dtype", "layout", "memory_format"):
        return str(value), "import torch"
    if kind == "Size":
        return f"torch.Size({list(value)})", "import torch"
    return None
