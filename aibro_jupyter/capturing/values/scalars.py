"""Values of the standard library that are written as the call that makes them."""

from __future__ import annotations

import operator
import re
import string
import struct
from collections.abc import Callable
from datetime import UTC, timezone
from pathlib import Path
from typing import Any

Text = Callable[[Any], str]
"""The expression of a part; raises where there is none."""
Callee = Callable[[Any, str], str]
"""How a class or function is called, and the import for it where the notebook has no name for it."""
_IP = ("IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network", "IPv4Interface", "IPv6Interface")


def scalar(value: Any, text: Text, callee: Callee) -> str | None:
    """Return the call that makes an equal value; None for a kind that is not among these."""
    kind = type(value)
    write = _WRITERS.get((kind.__module__.partition(".")[0], kind.__name__))
    return write(value, text, callee) if write is not None else None


def _call(callee: str, *arguments: str) -> str:
    return f"{callee}({', '.join(arguments)})"


def _moment(value: Any, text: Text, callee: Callee) -> str:
    kind = type(value)
    zone = getattr(value, "tzinfo", None)
    plain = value.replace(tzinfo=None) if zone is not None else value
    arguments = repr(plain).partition("(")[2][:-1]
    name = callee(kind, f"from datetime import {kind.__name__}")
    return _call(name, *filter(None, [arguments, f"tzinfo={text(zone)}" if zone is not None else ""]))


def _timezone(value: Any, text: Text, callee: Callee) -> str:
    name = callee(timezone, "from datetime import timezone")
    return f"{name}.utc" if value is UTC else _call(name, *map(text, value.__getinitargs__()))


def _zone(value: Any, text: Text, callee: Callee) -> str | None:
    return _call(callee(type(value), "from zoneinfo import ZoneInfo"), text(value.key)) if value.key else None


def _of_text(value: Any, text: Text, callee: Callee) -> str:
    kind = type(value)
    return _call(callee(kind, f"from {kind.__module__.partition('.')[0]} import {kind.__name__}"), text(str(value)))


def _windows_path(value: Any, text: Text, callee: Callee) -> str:
    return _call(callee(type(value), "from pathlib import PureWindowsPath"), text(value.as_posix()))


def _path(value: Any, text: Text, callee: Callee) -> str:
    return _call(callee(Path, "from pathlib import Path"), text(str(value)))


def _fraction(value: Any, text: Text, callee: Callee) -> str:
    name = callee(type(value), "from fractions import Fraction")
    return _call(name, text(value.numerator), text(value.denominator))


def _uuid(value: Any, text: Text, callee: Callee) -> str | None:
    safe = value.is_safe.name == "unknown"
    return _call(callee(type(value), "from uuid import UUID"), text(str(value))) if safe else None


def _template(value: Any, text: Text, callee: Callee) -> str | None:
    if vars(value).keys() != {"template"}:
        return None
    return _call(callee(string.Template, "from string import Template"), text(value.template))


def _struct(value: Any, text: Text, callee: Callee) -> str:
    return _call(callee(struct.Struct, "import struct"), text(value.format))


def _pattern(value: Any, _text: Text, callee: Callee) -> str:
    flags = int(value.flags) & ~(re.UNICODE if isinstance(value.pattern, str) else 0)
    made = [_raw(value.pattern)]
    if flags:
        module = callee(re, "import re")
        made.append(" | ".join(f"{module}.{flag.name}" for flag in re.RegexFlag(flags)))
    return _call(callee(re.compile, "import re"), *made)


def _raw(pattern: str | bytes) -> str:
    if isinstance(pattern, bytes) or '"' in pattern or pattern.endswith("\\") or not pattern.isprintable():
        return repr(pattern)
    return f'r"{pattern}"' if "\\" in pattern else f'"{pattern}"'


def _getter(value: Any, text: Text, callee: Callee) -> str:
    kind = type(value)
    made, arguments = value.__reduce__()[:2]
    named = {}
    if kind is operator.methodcaller and made is not kind:
        arguments, named = (*made.args, *arguments), made.keywords
    name = callee(kind, f"from operator import {kind.__name__}")
    return _call(name, *map(text, arguments), *(f"{key}={text(one)}" for key, one in named.items()))


def _namespace(value: Any, text: Text, callee: Callee) -> str | None:
    if not all(key.isidentifier() for key in vars(value)):
        return None
    name = callee(type(value), "from types import SimpleNamespace")
    return _call(name, *(f"{key}={text(one)}" for key, one in vars(value).items()))


def _proxy(value: Any, text: Text, callee: Callee) -> str:
    return _call(callee(type(value), "from types import MappingProxyType"), text(dict(value)))


def _chained(value: Any, text: Text, callee: Callee) -> str:
    return _call(callee(type(value), "from collections import ChainMap"), *map(text, value.maps))


def _bytearray(value: Any, text: Text, _callee: Callee) -> str:
    return _call("bytearray", text(bytes(value)))


_WRITERS: dict[tuple[str, str], Callable[[Any, Text, Callee], str | None]] = {
    **{("datetime", name): _moment for name in ("date", "datetime", "time", "timedelta")},
    ("datetime", "timezone"): _timezone,
    ("zoneinfo", "ZoneInfo"): _zone,
    ("decimal", "Decimal"): _of_text,
    **{("ipaddress", name): _of_text for name in _IP},
    ("pathlib", "PurePosixPath"): _of_text,
    ("pathlib", "PureWindowsPath"): _windows_path,
    ("pathlib", "PosixPath"): _path,
    ("fractions", "Fraction"): _fraction,
    ("uuid", "UUID"): _uuid,
    ("string", "Template"): _template,
    ("_struct", "Struct"): _struct,
    ("re", "Pattern"): _pattern,
    **{("operator", name): _getter for name in ("itemgetter", "attrgetter", "methodcaller")},
    ("types", "SimpleNamespace"): _namespace,
    ("builtins", "mappingproxy"): _proxy,
    ("collections", "ChainMap"): _chained,
    ("builtins", "bytearray"): _bytearray,
}
