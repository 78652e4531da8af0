"""spaCy pipelines as folders; components that the notebook registered are imported before they are loaded."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from types import FunctionType
from typing import Any

from aibro_jupyter.capturing.values.rehome import HOME
from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, derives_from, files_below, shown


class SpacySaver(Saver):
    """A ``Language``, weights and vocabulary included."""

    by_itself = True

    def handles(self, value: Any) -> bool:
        """Tell whether it is a spaCy pipeline."""
        return "spacy" in sys.modules and derives_from(value, "spacy", "Language")

    def inside(self, value: Any) -> list[Any]:
        """Return its components: what the notebook defined must be registered before loading."""
        return [part for name, component in value.pipeline for part in _code_of(value, name, component)]

    def save(self, value: Any, stem: Path) -> Saved:
        """Write the folder; a blank pipeline is made anew instead."""
        spacy = sys.modules["spacy"]
        if not value.pipe_names and type(value).__module__.startswith("spacy.") and _is_blank(spacy, value):
            return Saved(files=(), load=f'{{name}} = spacy.blank("{value.lang}")', imports=("import spacy",))
        folder = stem.with_name(stem.name)
        value.to_disk(folder)
        home = vars(sys.modules[HOME])
        own = [one for one in self.inside(value) if getattr(one, "__module__", "") == HOME]
        names = [name for name, known in home.items() if any(known is one for one in own)]
        load = f'{{name}} = spacy.load("{shown(folder)}")'
        return Saved(files=files_below(folder), load=load, imports=("import spacy",), code=tuple(names))


def model_packages(texts: Iterable[str]) -> list[str]:
    """Return the installed packages whose pipelines code loads by these names: ``spacy.load("en_core_web_sm")``."""
    if "spacy" not in sys.modules:
        return []
    packages = {found.name: found.module.partition(".")[0] for found in entry_points(group="spacy_models")}
    return [packages[text] for text in dict.fromkeys(texts) if text in packages]


def _code_of(language: Any, name: str, component: Any) -> list[Any]:
    factory = language.get_pipe_meta(name).factory
    made_by = sys.modules["spacy"].util.registry.factories.get(factory)
    found = [component if isinstance(component, FunctionType) else type(component)]
    return [*found, made_by] if isinstance(made_by, FunctionType) else found


def _is_blank(spacy: Any, value: Any) -> bool:
    blank = spacy.blank(value.lang)
    same = value.to_bytes(exclude=["vocab"]) == blank.to_bytes(exclude=["vocab"])
    return bool(same and value.vocab.vectors.size == 0)
