"""What can be wrong with what crosses to or from a model, apart from what the model itself raises."""

from __future__ import annotations

BAD_INPUT = "bad-input"
BAD_RESULT = "bad-result"
MODEL_ERROR = "model-error"
"""What an answer that is no success is called, in a slot's frames and in the API's answers alike."""


class BadInput(Exception):
    """A body that does not fit the model; ``sample`` shows one that does, ``status`` is the HTTP status it means."""

    def __init__(self, message: str, status: int = 422, sample: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.sample = sample


class BadValue(Exception):
    """A value that JSON cannot hold."""


class BadManifest(Exception):
    """An ``aibro.json`` that cannot be read."""


class BadFrame(Exception):
    """Bytes that are no message of a slot or its host."""
