"""The repo's files, built from what was gathered in the staging folder."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aibro_jupyter import figures, pythons
from aibro_jupyter.capturing.gathering.asked import Asked
from aibro_jupyter.capturing.gathering.collect import Collector
from aibro_jupyter.capturing.gathering.registered import starts_processes
from aibro_jupyter.capturing.proving.inputs import Inputs
from aibro_jupyter.capturing.proving.proof import Proof
from aibro_jupyter.capturing.session.items import Culprit, Defined, Gathered, Notes
from aibro_jupyter.capturing.values import guards
from aibro_jupyter.capturing.values.guards import Secrets
from aibro_jupyter.capturing.values.leaks import leaks
from aibro_jupyter.capturing.values.store import Load, save_values
from aibro_jupyter.capturing.writing.backends import Without, perhaps_needless, really_needed, used_backends
from aibro_jupyter.capturing.writing.beside import bring_along
from aibro_jupyter.capturing.writing.emit import scripts
from aibro_jupyter.capturing.writing.folder import GENERATED, digests, files_of
from aibro_jupyter.capturing.writing.requirements import Requirements, requirements_of
from aibro_jupyter.errors import CaptureError
from aibro_jupyter.modelio import manifest
from aibro_jupyter.modelio.describing import kinds_in
from aibro_jupyter.modelio.labels import Labelled

_EXPECTED_BYTES = 64 * 1024
"""Chosen: an answer that is larger would make the manifest unreadable."""
_DECODERS = {
    **dict.fromkeys(("dataframe", "series", "row", "timestamp", "timedelta", "period"), "pandas"),
    **dict.fromkeys(("ndarray", "scalar"), "numpy"),
    **dict.fromkeys(("polars", "polars-series"), "polars"),
    "sparse": "scipy",
}
"""Kind of parameter -> the package that the slot decodes it with."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """A repo in the staging folder."""

    root: Path
    gathered: Gathered
    loads: tuple[Load, ...]
    requirements: Requirements
    warnings: tuple[str, ...]


def build(
    asked: Asked,
    inputs: Inputs,
    root: Path,
    *,
    extra: Iterable[str] = (),
    files: Mapping[str, str] | None = None,
    modules: Iterable[str] = (),
    patches: Collection[str] = (),
) -> Built:
    """Write all files of the repo but its manifest; raises ``CaptureError`` with every culprit there is.

    ``extra`` are names, ``files`` relative paths with who reads them, ``modules`` those of local packages, that an
    earlier proof found missing, and ``patches`` the changed attributes of libraries that it found to be needed.
    """
    secrets = Secrets({**os.environ, **asked.secrets}, named=asked.secrets)
    classes = {kind.__name__: kind for kind in inputs.made_of.values()}
    names = {**asked.target.names, **inputs.bound, **classes, **(asked.model() if asked.target.handwritten else {})}
    collector = Collector(asked.notebook, secrets, asked.files)
    gathered = collector.collect(names, extra=extra, files=files, patches=patches)
    gathered.files |= {name: user for name, user in asked.files.items() if name not in gathered.files}
    gathered.modules |= set(modules)
    _refuse(asked, gathered.culprits)
    loads, saved = save_values(gathered, root / "model", large=asked.large)
    texts = scripts(gathered, loads, asked.target, inputs, asked.name)
    for file_name, text in texts.items():
        (root / file_name).write_text(text, encoding="utf-8")
    installed, brought = bring_along(root, gathered, texts, loads)
    requirements = requirements_of([*installed, *_decoders(inputs)])
    said = [saved, brought, _weighed(root, () if asked.large else loads), requirements.notes]
    _refuse(asked, [culprit for notes in said for culprit in notes.culprits])
    write_sample(asked, inputs, root)
    _refuse(asked, leaks(root, gathered.files, secrets, asked.secrets).culprits)
    (root / "requirements.txt").write_text(requirements.text(), encoding="utf-8")
    (root / "runtime.txt").write_text(f"python-{pythons.OURS}\n", encoding="utf-8")
    warnings = [*gathered.warnings, *(warning for notes in said for warning in notes.warnings)]
    return Built(root=root, gathered=gathered, loads=tuple(loads), requirements=requirements, warnings=tuple(warnings))


def needless(built: Built) -> tuple[str, ...]:
    """Return the top-level modules that the repo perhaps imports only because they are installed here."""
    if starts_processes(built.gathered):
        return ()  # what such a process imports is not watched, nor can it be absent there
    return perhaps_needless(built.requirements.modules, [item.value for item in built.gathered.held()])


def with_backends(built: Built, proof: Proof, without: Without | None) -> Built:
    """Require the optional back-ends too that a proof has used, though no code imports them, and return the repo.

    ``without`` proves the repo where some modules are absent; None: there is no answer to tell by.
    """
    own = [path.stem for path in built.root.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    before = built.requirements
    used = used_backends(proof.imports, [*before.modules, *own])
    values = [item.value for item in built.gathered.held()]
    extras = used.extras
    if without and not starts_processes(built.gathered):
        extras = tuple(really_needed(used.extras, values, without))
    after = before.also([*used.needed, *extras])
    new = [line for line in after.lines if line not in before.lines]
    if not new:
        return built
    (built.root / "requirements.txt").write_text(after.text(), encoding="utf-8")
    told = tuple(f"{line}: nothing imports it by name, but the proof used it" for line in new)
    return replace(built, requirements=after, warnings=(*built.warnings, *told))


def write_manifest(
    asked: Asked, inputs: Inputs, built: Built, expected: bytes | None, labelled: Labelled | None = None
) -> None:
    """Write aibro.json; ``expected`` is the notebook's answer to the first sample, kept if it is small.

    ``labelled`` says of which tables in an answer the labels are kept.
    """
    root = built.root
    told = manifest.manifest(name=asked.name, function=asked.target.label, python=pythons.OURS)
    if inputs.parameters:
        told["input"] = inputs.manifest()
    if labelled:
        told["labelled"] = labelled
    if expected is not None and len(expected) <= _EXPECTED_BYTES:
        told["expected"] = json.loads(expected)
    cells = {item.name: item.segment.cell for item in built.gathered.items.values() if isinstance(item, Defined)}
    told["cells"] = cells | {item.name: item.cell for item in built.gathered.held() if item.cell}
    told["packages"] = dict(built.requirements.versions)
    told["files"] = sorted({*files_of(root), manifest.FILE})
    told["sha256"] = digests(root, GENERATED)
    (root / manifest.FILE).write_text(manifest.written(told), encoding="utf-8")


def _refuse(asked: Asked, culprits: Sequence[Culprit]) -> None:
    """Raise ``CaptureError`` with all culprits, if there is any."""
    if not culprits:
        return
    more = f", and {len(culprits) - 1} more" if len(culprits) > 1 else ""
    raise CaptureError(
        f"cannot deploy '{asked.target.label}': {culprits[0].headline()}{more}",
        fix=culprits[0].fix,
        details="\n".join(culprit.line() for culprit in culprits),
    )


def _decoders(inputs: Inputs) -> list[str]:
    kinds = {kind for parameter in inputs.parameters for kind in kinds_in(parameter)}
    return list(dict.fromkeys(module for kind, module in _DECODERS.items() if kind in kinds))


def _weighed(root: Path, loads: Sequence[Load]) -> Notes:
    """Refuse a repo whose files together are more than a deploy should carry unasked; of no loads there is nothing."""
    notes = Notes()
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    if size > guards.REPO_BYTES and loads:
        largest = max(loads, key=lambda load: load.size)
        reason = f"all files together are {figures.size(size)}, more than {figures.size(guards.REPO_BYTES)}"
        fix = f"keep only what the function needs, or {guards.ALLOW_LARGE}"
        notes.refuse(largest.names[0], largest.cells[0], reason, fix, "the largest value")
    return notes


def write_sample(asked: Asked, inputs: Inputs, root: Path) -> None:
    """Write data/: the first sample as a client posts it, or the notebook's own folder where ``run`` reads it."""
    folder = root / "data"
    if asked.target.handwritten and len(asked.target.parameters) == 1:
        if not Path("data").is_dir():
            raise CaptureError(
                "cannot deploy 'run': it reads ./data, and there is no data/ folder beside the notebook",
                fix="make data/ with one sample file in it, or write run(model, data)",
            )
        shutil.copytree("data", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        return
    if inputs.samples and inputs.parameters:
        folder.mkdir(exist_ok=True)
        (folder / inputs.file_name).write_bytes(inputs.body(inputs.samples[0]).content)
