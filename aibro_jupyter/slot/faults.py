"""What can be wrong with a model before it is asked anything."""

from __future__ import annotations


class BadModel(Exception):
    """A predict.py without what a slot needs."""
