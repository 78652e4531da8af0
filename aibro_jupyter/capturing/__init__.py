"""From a live notebook function to a readable, proved model repo."""

from __future__ import annotations

from aibro_jupyter.capturing.pipeline import Capture, capture
from aibro_jupyter.capturing.proving.proof import Proof

__all__ = ["Capture", "Proof", "capture"]
