"""Values into model/: one file each, or one for those that hold each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from aibro_jupyter import figures
from aibro_jupyter.capturing.session.items import Gathered, Held, Notes
from aibro_jupyter.capturing.values import guards
from aibro_jupyter.capturing.values.deep import with_room
from aibro_jupyter.capturing.values.reach import type_name
from aibro_jupyter.capturing.values.rehome import importable
from aibro_jupyter.capturing.values.savers import registry
from aibro_jupyter.capturing.values.savers.estimators import EstimatorSaver
from aibro_jupyter.capturing.values.savers.objects import ObjectSaver
from aibro_jupyter.capturing.values.savers.saver import CannotSaveError, Saved, Saver
from aibro_jupyter.capturing.values.savers.torch import TorchModuleSaver


@dataclass(kw_only=True)
class Load:
    """One statement that brings values back."""

    names: tuple[str, ...]
    saved: Saved
    cells: tuple[str, ...]

    @property
    def source(self) -> str:
        """Return the statement."""
        return self.saved.load.replace("{name}", ", ".join(self.names))

    @property
    def size(self) -> int:
        """Return the bytes of its files."""
        return guards.file_size(self.saved.files)


def save_values(gathered: Gathered, folder: Path, *, large: bool = False) -> tuple[list[Load], Notes]:
    """Write every value that is no literal below ``folder``; return how to load them, in order, and what to say.

    What cannot be saved is a culprit, and so is what is too large, unless ``large`` allows it; a large file a warning.
    """
    notes = Notes()
    folder.mkdir(exist_ok=True)
    loads: list[Load] = []
    known: dict[int, str] = {}
    with importable(gathered.rehomed, gathered.moved):
        for group in [part for together in _groups(gathered) for part in _apart(together)]:
            stem = folder / "_".join(item.name for item in group)[:80]
            names = tuple(item.name for item in group)
            try:
                saved = with_room(partial(_saved, group, stem, known))
            except CannotSaveError as refused:
                _refuse(notes, group[0], refused.reason, refused.fix)
                continue
            except Exception as error:  # noqa: BLE001 - saving runs the objects' own code, which may raise anything
                why = (str(error) or type(error).__name__).splitlines()[0]
                _refuse(notes, group[0], f"it cannot be saved: {why}", "make it inside the function")
                continue
            if len(group) == 1 and group[0].made:
                saved = registry.remade(group[0].value, group[0].made, saved)
            if "{made}" in saved.load and not group[0].made:
                fix = "give its class a get_config() that returns the arguments of __init__()"
                _refuse(notes, group[0], "how it was made is not in the notebook any more", fix)
                continue
            saved = replace(saved, load=saved.load.replace("{made}", group[0].made))
            load = Load(names=names, saved=saved, cells=tuple(item.cell for item in group))
            known |= {id(item.value): item.name for item in group if registry.stands_alone(item.value)}
            notes.warnings += [f"{', '.join(names)}: {warning}" for warning in saved.warnings]
            loads.append(load)
            _weigh(notes, group[0], load, large=large)
    return loads, notes


def _groups(gathered: Gathered) -> list[list[Held]]:
    filed = {item.name: item for item in gathered.held() if item.literal is None}
    group_of = {name: {name} for name in filed}
    for names in gathered.shared:
        together = set().union(*(group_of.get(name, set()) for name in names))
        for name in together:
            group_of[name] = together
    groups: list[list[Held]] = []
    for name in filed:
        members = [filed[other] for other in filed if other in group_of[name]]
        if members not in groups:
            groups.append(members)
    return groups


def _apart(group: list[Held]) -> list[list[Held]]:
    """Return models with their own format and plain containers of them one by one: a container then names its parts."""
    alone = [item for item in group if registry.stands_alone(item.value)]
    rest = [item for item in group if item not in alone]
    plain = all(type(item.value) in (list, tuple, dict) for item in rest)
    return [[item] for item in [*alone, *rest]] if alone and rest and plain else [group]


def _saved(group: list[Held], stem: Path, known: Mapping[int, str]) -> Saved:
    if len(group) == 1:
        return registry.save(group[0].value, stem, known)
    return _group_saver(group).save(tuple(item.value for item in group), stem)


def _group_saver(group: list[Held]) -> Saver:
    torch, estimators = TorchModuleSaver(), EstimatorSaver()
    if all(torch.handles(item.value) for item in group):
        return torch
    return estimators if any(estimators.handles(item.value) for item in group) else ObjectSaver()


def _weigh(notes: Notes, item: Held, load: Load, *, large: bool) -> None:
    if load.size > guards.REFUSE_BYTES and not large:
        reason = f"it takes {figures.size(load.size)}, more than {figures.size(guards.REFUSE_BYTES)}"
        _refuse(
            notes, item, reason, f"keep only what the function needs in a smaller variable, or {guards.ALLOW_LARGE}"
        )
    elif load.size > guards.WARN_BYTES:
        place = f" ({item.cell})" if item.cell else ""
        notes.warnings.append(f"{item.name}{place}: {figures.size(load.size)} go into the repo with it")


def _refuse(notes: Notes, item: Held, reason: str, fix: str) -> None:
    notes.refuse(item.name, item.cell, reason, fix, type_name(item.value))
