"""How to call a deployed function: the line of Python and the curl command, with the sample's own data."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aibro_jupyter.masking import bearer_url
from aibro_jupyter.modelio.bodies import MEDIA_TYPES

LONGEST = 160
"""Characters. Chosen: a line of curl that can still be read."""
_SHOWN = frozenset({".json", ".txt"})


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Something that the API takes."""

    body: bytes = b""
    content_type: str = ""
    path: str = ""
    """The file it lies in; of several files their folder, which is posted as a zip."""

    def short(self) -> str | None:
        """Return it as one short text to type, or None where it has none."""
        try:
            text = self.body.decode()
            if self.content_type.startswith("text/"):
                return text if 0 < len(text) <= LONGEST and not text.startswith("@") else None
            value: Any = json.loads(text)
        except ValueError:
            return None
        if isinstance(value, list) and len(value) > 1:
            value = value[:1]
        shown = json.dumps(value, ensure_ascii=False)
        return shown if len(shown) <= LONGEST else None


def sample_of(repo: Path, shown: str) -> Sample:
    """Return the sample that lies in a repo's data/, which is called ``shown`` in commands."""
    files = sorted(path for path in (repo / "data").rglob("*") if path.is_file())
    if len(files) != 1:
        return Sample(path=f"{shown}/data" if files else "")
    (file,) = files
    kind = MEDIA_TYPES[file.suffix] if file.suffix in _SHOWN else ""
    return Sample(
        body=file.read_bytes() if kind else b"",
        content_type=kind,
        path=f"{shown}/{file.relative_to(repo).as_posix()}",
    )


def curl(url: str, sample: Sample, *, public: bool) -> str:
    """Return a command to paste; a client id is asked for as ``$CLIENT_ID``, never written."""
    parts = ["curl", bearer_url(url)]
    if not public:
        parts += ["-H", '"Authorization: Bearer $CLIENT_ID"']
    text = sample.short()
    if text is not None:
        parts += ["-d", shlex.quote(text)]
    elif Path(sample.path).suffix:
        parts += ["-F", f"file=@{shlex.quote(sample.path)}"]
    elif sample.path:
        parts = [f"(cd {shlex.quote(sample.path)} && zip -qr - .) |", *parts, "-F 'file=@-;filename=data.zip'"]
    else:
        parts += ["-d", "'…'"]
    return " ".join(parts)


def python(model_name: str, sample: Sample, expression: str) -> str:
    """Return the line of Python that calls it, with the sample as the user wrote it, else as it is."""
    text = sample.short()
    if not expression and text is not None:
        expression = repr(text if sample.content_type.startswith("text/") else json.loads(text))
    return f'aibro_jupyter.Job("{model_name}")({expression or "…"})'
