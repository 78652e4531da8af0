"""One virtual environment per resolved lock, built with uv."""

from __future__ import annotations

from aibro_jupyter.envs.builder import ensure, environment_key, last_used, mark_used, removed
from aibro_jupyter.envs.interpreters import interpreter
from aibro_jupyter.envs.locks import resolve
from aibro_jupyter.envs.requirements import checked_requirements, count_requirements

__all__ = [
    "checked_requirements",
    "count_requirements",
    "ensure",
    "environment_key",
    "interpreter",
    "last_used",
    "mark_used",
    "removed",
    "resolve",
]
