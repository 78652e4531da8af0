"""Small model repos, written where a test needs them."""

from __future__ import annotations

import textwrap
from pathlib import Path

LOADS = "def load_model():\n    return {'answer': 42}\n"


def model(at: Path, predict: str, *, data: dict[str, bytes] | None = None, **files: str) -> Path:
    """Write a repo whose predict.py is the given text, with a load_model() if it has none."""
    source = textwrap.dedent(predict)
    (at / "model").mkdir(parents=True)
    (at / "predict.py").write_text(source if "load_model" in source else LOADS + source)
    (at / "requirements.txt").write_text("")
    for name, content in files.items():
        (at / name.replace("__", ".")).write_text(textwrap.dedent(content))
    if data is not None:
        (at / "data").mkdir()
        for name, body in data.items():
            (at / "data" / name).write_bytes(body)
    return at
