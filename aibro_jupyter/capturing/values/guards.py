"""What must not leave the notebook: secrets, things bound to this process, private rows, sheer size."""

from __future__ import annotations

import io
import math
import os
import re
import socket
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import AsyncGeneratorType, CoroutineType, FrameType, GeneratorType, ModuleType, TracebackType
from typing import Any

from aibro_jupyter.capturing.values import credentials
from aibro_jupyter.capturing.values.hardcoded import hard_coded

WARN_BYTES = 25 * 1000 * 1000
REFUSE_BYTES = 500 * 10**6
REPO_BYTES = 2 * 10**9
PRIVATE_ROWS = 1000
"""Chosen, all: when a value's size is told of, when it is refused, the most of a repo, when a table is told of."""
ALLOW_LARGE = "take it along with --allow-large (in Python allow_large=True)"

_BOUND_TO_PROCESS: tuple[tuple[type | tuple[type, ...], str, str], ...] = (
    ((type(threading.Lock()), type(threading.RLock())), "a lock", "create it inside the function"),
    ((threading.Thread, threading.Event, threading.Condition), "a thread's", "start it inside the function"),
    (socket.socket, "an open connection", "connect inside the function"),
    ((sqlite3.Connection, sqlite3.Cursor), "an open database", "connect inside the function"),
    (subprocess.Popen, "a running process", "start it inside the function"),
    (
        (GeneratorType, CoroutineType, AsyncGeneratorType),
        "a generator half-way through",
        "keep its values in a list, or make it inside the function",
    ),
    ((FrameType, TracebackType), "a part of a running program", "keep only the values you need"),
    (ModuleType, "a module inside a value", "refer to the module by name instead"),
)
_REMOTE = (
    *("boto3", "botocore", "openai", "anthropic", "pymongo", "redis", "psycopg", "psycopg2", "MySQLdb", "pymysql"),
    *("sqlalchemy", "pyspark", "distributed", "elasticsearch", "google.cloud", "paramiko", "kafka", "ssl", "asyncio"),
    *("multiprocessing", "selenium"),
)
_ITERATORS = frozenset(
    {"list_iterator", "tuple_iterator", "dict_keyiterator", "dict_itemiterator", "set_iterator", "range_iterator"}
    | {"str_iterator", "zip", "map", "filter", "enumerate", "reversed", "reader", "islice", "chain", "cycle", "tee"}
)
_TOKENS = re.compile(
    r"AKIA[0-9A-Z]{16}|\bsk-(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{20,}|\bgh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|\bhf_[A-Za-z0-9]{30,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bAIza[0-9A-Za-z_-]{35}|\bglpat-[\w-]{20,}"
)
_WITH_PASSWORD = re.compile(r"://[^/\s:@]*:[^/\s:@{}<>()*]{6,}@")
_ADDRESS = "ADDRESS"
_TOKEN_LIKE = re.compile(r"[\w+/=.~-]{16,512}")
_KEY_LIKE = re.compile(r"(?i)(api_?key|secret|token|passw(or)?d|credential|private_?key|access_?key|auth)s?$")
_SECRET_VARIABLE = re.compile(r"(?i)(KEY|TOKEN|SECRET|PASSW|CREDENTIAL)")


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """Why a value may not be captured, and what to do."""

    reason: str
    fix: str


def bound_to_process(value: Any) -> Obstacle | None:
    """Return why a value cannot live anywhere but in this process; None when it can."""
    for kinds, reason, fix in _BOUND_TO_PROCESS:
        if isinstance(value, kinds):
            return Obstacle(reason=f"{reason} cannot be saved", fix=fix)
    if isinstance(value, io.IOBase) and not isinstance(value, io.BytesIO | io.StringIO):
        return Obstacle(reason="an open file cannot be saved", fix=_opened_inside(value))
    if type(value).__name__ in _ITERATORS and type(value).__module__ in ("builtins", "itertools", "_csv"):
        return Obstacle(reason="an iterator half-way through cannot be saved", fix="keep its values in a list")
    kind = type(value)
    module = kind.__module__ or ""
    if (module, kind.__name__) == ("http.cookiejar", "Cookie"):
        return Obstacle(
            reason=f"its cookie {value.name} is somebody's way in", fix="make the connection inside the function"
        )
    if any(module == root or module.startswith(f"{root}.") for root in _REMOTE):
        return Obstacle(reason="a remote connection cannot be saved", fix="build it inside the function")
    return None


def _opened_inside(file: io.IOBase) -> str:
    name, mode = getattr(file, "name", None), str(getattr(file, "mode", "r"))
    shown = "" if mode in ("r", "rt") else f', "{mode}"'
    call = f'open("{name}"{shown})' if isinstance(name, str) else "open it"
    then = (
        "what is written is lost when an instance ends" if mode[:1] in ("w", "a", "x") else "then the file comes along"
    )
    return f"{call} inside the function; {then}"


class Secrets:
    """Knows a secret when it sees one; never says what it is."""

    def __init__(self, environment: Mapping[str, str] = os.environ, named: Iterable[str] = ()) -> None:
        self._delivered = frozenset(named)
        named = {
            name: value
            for name, value in environment.items()
            if name in self._delivered or _SECRET_VARIABLE.search(name)
        }
        self._variables = {value: name for name, value in named.items() if len(value) >= 8}

    def why(self, text: str, name: str = "") -> Obstacle | None:
        """Return why a text kept under a name looks like a secret; None when it does not."""
        if name in self._delivered:
            # However short it is: it was named as one.
            return _secret(f"it holds the value of the environment variable {name}", name)
        if text in self._variables:
            variable = self._variables[text]
            return _secret(f"it holds the value of the environment variable {variable}", variable)
        if found := _access(text):
            variable, what = found
            looks = "is" if variable == _ADDRESS else "looks like"
            return _secret(f"it {looks} {what}", name.upper() or variable)
        if _KEY_LIKE.search(name) and _random(text):
            return _secret("its name and its randomness are those of a secret", name.upper())
        return None

    def under(self, name: str, value: Any) -> Obstacle | None:
        """Return why what a variable, a dict's key or an attribute of that name holds is a secret; None if it is none.

        Of containers only what they hold themselves is looked at.
        """
        match value:
            case str() | bytes():
                told = credentials.written_out(name, value) or (isinstance(value, str) and credentials.in_text(value))
                return _secret(f"{name} has a secret written out", name.upper()) if told else None
            case list() | tuple() | set() | frozenset() | Mapping() if credentials.in_container(name, value):
                return _secret(f"{name} has secrets written out", name.upper())
            case (str(header), str(text)) if type(value) is tuple and credentials.in_header(header, text):
                return _secret(f'its "{header}" has a secret written out', header.upper())
            case Mapping():
                keys = list(credentials.in_mapping(value))
                return _secret(f'under "{keys[0]}" it has a secret written out', keys[0].upper()) if keys else None
        return None

    def inside(self, text: str) -> Obstacle | None:
        """Return why a longer text, such as source code, holds a secret."""
        for value, variable in self._variables.items():
            if len(value) >= 12 and value in text:
                return _secret(f"it holds the value of the environment variable {variable}", variable)
        if found := _access(text):
            variable, what = found
            looks = "" if variable == _ADDRESS else "something that looks like "
            return _secret(f"it holds {looks}{what}", variable)
        return None

    def in_code(self, text: str) -> Obstacle | None:
        """Return why Python code holds a secret: as any text does, or in an assignment, a default, an argument."""
        if why := self.inside(text):
            return why
        for place in hard_coded(text):
            return _secret(f"line {place.line} has a secret written out ({place.name})", place.name.upper())
        return None

    def in_file(self, name: str, text: str) -> Obstacle | None:
        """Return why a file that lay beside the notebook holds a secret: Python code, settings, or any text."""
        if name.endswith(".py"):
            return self.in_code(text)
        if why := self.inside(text):
            return why
        for key in credentials.in_settings(name, text):
            return _secret(f'under "{key}" it has a secret written out', key.upper())
        return None


def _secret(reason: str, variable: str) -> Obstacle:
    name = re.sub(r"\W", "_", variable).strip("_") or "SECRET"
    return Obstacle(reason=reason, fix=f'read os.environ["{name}"] inside the function; --secret {name} delivers it')


def _access(text: str) -> tuple[str, str] | None:
    """Return what in a text opens a door, after the name of a variable that might hold it; None if nothing does."""
    if _TOKENS.search(text):
        return "TOKEN", "an access token"
    return (_ADDRESS, "an address with a password in it") if _WITH_PASSWORD.search(text) else None


def _random(text: str) -> bool:
    if not _TOKEN_LIKE.fullmatch(text):
        return False
    if not any(char.isdigit() for char in text) or not any(char.isalpha() for char in text):
        return False
    counts = Counter(text).values()
    bits = -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
    return bits >= 3.5


def is_frame(value: Any) -> bool:
    """Tell whether a value is a pandas DataFrame."""
    return any(kind.__name__ == "DataFrame" and kind.__module__.startswith("pandas") for kind in type(value).__mro__)


def file_size(paths: Iterable[Path]) -> int:
    """Return the bytes of files on disk."""
    return sum(path.stat().st_size for path in paths)
