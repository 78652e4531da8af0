"""What is shown of a capture."""

from __future__ import annotations

from pathlib import Path

from aibro_jupyter.capturing import Capture
from aibro_jupyter.views.call import Sample
from aibro_jupyter.views.capture import Captured
from aibro_jupyter.views.proof import measures, proof_line, sample_lines, suggestion


def captured_facts(found: Capture) -> Captured:
    """Return what is shown of a capture."""
    return Captured(
        function=found.function,
        path=near(found.path),
        functions=found.functions,
        models=tuple(found.models),
        packages=len([line for line in found.requirements if line]),
        warnings=tuple(str(warning) for warning in found.warnings),
        proof=proof_line(found.proof, venv=found.venv),
        samples=sample_lines(found.venv or found.proof),
        measures=measures(found.proof, venv=found.venv),
        suggestion=suggestion(found.proof, venv=found.venv),
    )


def captured_sample(found: Capture) -> Sample:
    """Return the sample of a capture, and the file it lies in."""
    data = next((file for file in found.files if file.startswith("data/")), "")
    path = f"{near(found.path)}/{data}" if data else ""
    return Sample(body=found.body, content_type=found.content_type, path=path)


def near(path: Path) -> str:
    """Return a path as a person in this folder would write it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
