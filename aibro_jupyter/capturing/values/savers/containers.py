"""A list, tuple or dict with models in it that have a format of their own: each part in its own file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.saver import Saved, Saver
from aibro_jupyter.capturing.values.values import literal

_MOST = 50
"""Chosen: each part is a file and a line of code; more of them nobody reads."""


class ContainerSaver(Saver):
    """Such a container, at one level; a part that occurs twice leaves it to pickle, which keeps it one object.

    ``known`` has the ids of values that were saved before, under their names.
    """

    def __init__(
        self, *, save_part: Callable[[Any, Path], Saved], alone: Callable[[Any], bool], known: Mapping[int, str]
    ) -> None:
        self._save_part, self._alone, self._known = save_part, alone, known

    def handles(self, value: Any) -> bool:
        """Tell whether it is a small plain container that holds at least one such model."""
        if type(value) not in (list, tuple, dict) or not 0 < len(value) <= _MOST:
            return False
        parts = _parts(value)
        if isinstance(value, dict) and not all(isinstance(key, str | int) for key in value):
            return False
        filed = [id(part) for part in parts if literal(part) is None]
        return len(set(filed)) == len(filed) and any(self._alone(part) for part in parts)

    def save(self, value: Any, stem: Path) -> Saved:
        """Write each part by its own saver, those that are readable as Python into the source."""
        empty = "{}" if isinstance(value, dict) else f"[None] * {len(value)}"
        saved = [Saved(files=(), load=f"{{name}} = {empty}")]
        keys: Iterable[Any] = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            written = literal(value[key])
            if (name := self._known.get(id(value[key]))) is not None:
                part = Saved(files=(), load=f"{{name}} = {name}", code=(name,))
            elif written is not None:
                part = Saved(files=(), load=f"{{name}} = {written.text}", imports=tuple(written.imports))
            else:
                part = self._save_part(value[key], stem.with_name(f"{stem.name}_{_file_word(key)}"))
            place = f"{{name}}[{literal(key).text}]"  # type: ignore[union-attr]
            saved.append(_moved(part, place))
        if isinstance(value, tuple):
            saved.append(Saved(files=(), load="{name} = tuple({name})"))
        return Saved(
            files=tuple(file for part in saved for file in part.files),
            load="\n".join(part.load for part in saved),
            imports=_all(part.imports for part in saved),
            modules=_all(part.modules for part in saved),
            code=_all(part.code for part in saved),
            warnings=_all(part.warnings for part in saved),
        )


def _parts(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)


def _file_word(key: str | int) -> str:
    return "".join(char if char.isalnum() else "_" for char in str(key))[:40]


def _moved(part: Saved, place: str) -> Saved:
    load = part.load.replace("{name}", place)
    return Saved(
        files=part.files, load=load, imports=part.imports, modules=part.modules, code=part.code, warnings=part.warnings
    )


def _all(found: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for each in found for one in each))
