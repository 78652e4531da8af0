"""Turn the model in a notebook into a live, cheap inference API with one line."""

from __future__ import annotations
