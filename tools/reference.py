"""Pages of the documentation that follow from code: what an operator may set, and every error there is."""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import MISSING, Field, fields

from doctables import table

import aibro_jupyter.verbs  # noqa: F401  some rooms have an error of their own
from aibro_jupyter.control.settings import ControlSettings
from aibro_jupyter.errors import AibroError
from aibro_jupyter.gateway.settings import GatewaySettings
from aibro_jupyter.http1 import ConnectionLimits
from aibro_jupyter.listening import Listening

KINDS = {"bool": "true or false", "float": "number", "int": "whole number", "str": "text", "tuple[str, ...]": "list"}


def settings_page() -> str:
    """Return ``docs/settings.md``."""
    return (
        "\n\n".join(
            (
                "# Settings",
                "Written by `tools/generate.py` from the settings' own dataclasses.",
                "An operator may set these in `settings.toml` in the backend's home (`AIBRO_HOME`), or in the"
                " environment of the backend, which wins. A list is written with commas in a variable. They are read"
                " when the backend starts: `aibro down`, then `aibro up`. A name that is not here is refused.",
                "## Where it listens",
                "In the table `[listen]`; the variable is `AIBRO_LISTEN_` and the name in capitals, such as"
                " `AIBRO_LISTEN_PORT`. `aibro up` writes this table: `--host`, `--port`, `--control-host`,"
                " `--control-port`, `--public-url`. What it is for: [a shared backend](how-to/shared-backend.md).",
                _settings(Listening),
                "## Control",
                "At the top of `settings.toml`; the variable is `AIBRO_` and the name in capitals, such as"
                " `AIBRO_ALLOWED_HOSTS`.",
                _settings(ControlSettings),
                "## Gateway",
                "In the table `[gateway]`; the variable is `AIBRO_GATEWAY_` and the name in capitals, such as"
                " `AIBRO_GATEWAY_QUEUE`.",
                _settings(GatewaySettings),
                "## Limits of a caller",
                "In the table `[gateway.limits]`; they have no variables. Deadlines are absolute: a byte now and then"
                " does not move them.",
                _settings(ConnectionLimits),
            )
        )
        + "\n"
    )


def _settings(kind: type) -> str:
    meanings = field_meanings(kind)
    plain = [field for field in fields(kind) if field.default is not MISSING]
    return table(
        ("Name", "Kind", "Default", "Meaning"),
        ((f"`{field.name}`", KINDS[str(field.type)], _default(field), meanings[field.name]) for field in plain),
    )


def _default(field: Field[object]) -> str:
    match field.default:
        case bool(value):
            return f"`{str(value).lower()}`"
        case tuple(values):
            return ", ".join(f"`{value}`" for value in values) or "none"
        case "":
            return "none"
        case value:
            return f"`{value}`"


def field_meanings(kind: type) -> dict[str, str]:
    """Return the docstring of each field of a dataclass, on one line; a field without one is a ``ValueError``."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef), "the source of a class is a class"
    meanings = {}
    for field, after in zip(body.body, [*body.body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match after:
                case ast.Expr(value=ast.Constant(value=str(meaning))):
                    meanings[field.target.id] = _markdown(meaning)
                case _:
                    raise ValueError(f"{kind.__module__}.{kind.__name__}.{field.target.id} has no docstring")
    return meanings


def errors_page() -> str:
    """Return ``docs/errors.md``."""
    known = sorted(_below(AibroError), key=lambda kind: kind.code)
    return (
        "\n\n".join(
            (
                "# Errors",
                "Written by `tools/generate.py` from `aibro_jupyter/errors/`.",
                "Every refusal has a stable code, an HTTP status and one line that says what happened; what to do about"
                " it depends on the case and stands in the line below (`fix` in Python and in JSON). `aibro explain"
                " CODE` says what a code means.",
                table(
                    ("Code", "HTTP", "In Python", "Meaning"),
                    (
                        (f"`{kind.code}`", str(kind.status), f"`{kind.__name__}`", _markdown(kind.__doc__ or ""))
                        for kind in known
                    ),
                ),
            )
        )
        + "\n"
    )


def _below(kind: type[AibroError]) -> set[type[AibroError]]:
    return {kind}.union(*(_below(child) for child in kind.__subclasses__()))


def _markdown(docstring: str) -> str:
    return " ".join(inspect.cleandoc(docstring).replace("``", "`").replace("|", "\\|").split())
