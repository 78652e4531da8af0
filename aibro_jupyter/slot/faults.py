"""What can be wrong with a question or an answer, apart from what the model itself raises."""

from __future__ import annotations


class BadInput(Exception):
    """A body that does not fit the model; ``sample`` shows one that does, ``status`` is the HTTP status it means."""

    def __init__(self, message: str, status: int = 422, sample: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.sample = sample


class BadResult(Exception):
    """An answer that JSON cannot hold."""


class BadModel(Exception):
    """A predict.py without what a slot needs."""
