"""Ids that clients make: a job's is made before it is asked for, so that a retry means the same job."""

from __future__ import annotations

import re
import uuid

from aibro_jupyter.errors import BadRequest

_JOB = re.compile(r"inf_[A-Za-z0-9-]{1,64}")


def new_job_id() -> str:
    """Return the id of a job that is about to be asked for: ``inf_<uuid>``."""
    return f"inf_{uuid.uuid4()}"


def is_job_id(text: str) -> bool:
    """Tell whether a text has the shape of a job id; only then it may be part of a path."""
    return _JOB.fullmatch(text) is not None


def checked_job_id(text: str) -> str:
    """Return a job id, or raise ``BadRequest`` for what has not its shape."""
    if not is_job_id(text):
        raise BadRequest(f"{text[:80]!r} is not a job id", fix="it looks like inf_<uuid>")
    return text
