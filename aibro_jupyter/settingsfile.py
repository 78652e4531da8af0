"""How an operator's settings are read: ``settings.toml``, then variables, into one frozen dataclass a process."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from aibro_jupyter.errors import BadRequest
from aibro_jupyter.home import write_private

T = TypeVar("T")


def read(kind: type[T], file: Path, environment: Mapping[str, str], *, prefix: str, table: str = "") -> T:
    """Return the settings of that kind; a variable wins over the file, and its lists are separated by commas.

    ``table`` names the one they are in, "" the top of the file; ``prefix`` begins their variables. An unknown name or
    a value that does not fit raises ``BadRequest`` naming it.
    """
    written = _written(file, table)
    _check_names(kind, written, f"[{table}] in {file}" if table else str(file))
    for field in fields(kind):  # type: ignore[arg-type]  # a dataclass, which no type says
        value = environment.get(f"{prefix}{field.name.upper()}")
        if value is not None and field.default is not MISSING:
            written[field.name] = value.split(",") if isinstance(field.default, tuple) else value
    try:
        return msgspec.convert(written, kind, strict=False)
    except msgspec.ValidationError as error:
        raise BadRequest(f"a setting does not fit: {error}", fix=f"see {file} and the {prefix}* variables") from error


def _written(file: Path, table: str) -> dict[str, Any]:
    try:
        whole = tomllib.loads(file.read_text()) if file.exists() else {}
    except tomllib.TOMLDecodeError as error:
        raise BadRequest(f"{file} is not TOML: {error}", fix="correct the settings in it") from error
    if not table:
        # Tables belong to others.
        return {name: value for name, value in whole.items() if not isinstance(value, dict)}
    match whole.get(table, {}):
        case dict(written):
            return written
    raise BadRequest(f"{table} in {file} is no table of settings", fix=f"write [{table}] above them")


def _check_names(kind: type, written: Mapping[str, Any], where: str) -> None:
    known = {field.name: field for field in fields(kind)}
    if strange := sorted(set(written) - set(known)):
        raise BadRequest(f"{where} has an unknown setting {strange[0]!r}", fix=f"known are: {', '.join(sorted(known))}")
    for name, value in written.items():
        below = known[name].default_factory
        if isinstance(value, dict) and isinstance(below, type) and is_dataclass(below):
            _check_names(below, value, f"{name} of {where}")


def write(file: Path, table: str, values: Mapping[str, str | int]) -> None:
    """Set values of a table of ``settings.toml`` and leave everything else of it, comments included, as it is."""
    # Only here: what reads settings starts faster without it.
    import tomlkit
    from tomlkit.exceptions import ParseError

    try:
        whole = tomlkit.parse(file.read_text() if file.exists() else "")
    except ParseError as error:
        raise BadRequest(f"{file} is not TOML: {error}", fix="correct the settings in it") from error
    whole.setdefault(table, tomlkit.table())
    whole[table].update(values)
    write_private(file, tomlkit.dumps(whole))
