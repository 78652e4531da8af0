"""Hard-coded credentials: which names hold one, and which texts under such a name are none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

SHORTEST = 6
"""Characters: a shorter text under such a name is too often a word."""
VOCABULARY = 50
"""Chosen: a dict of more texts than that is a table of words, not somebody's settings."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_STRONG = frozenset(
    {"pwd", "pw", "secret", "apikey", "authorization", "credential", "credentials", "secretkey", "accesskey"}
)
_STRONG_PAIRS = frozenset({"api key", "access key", "private key", "secret key", "auth key", "db pass", "user pass"})
_WEAK = frozenset({"token", "accesstoken", "authtoken"})
"""Also a word of those who work with language: there the word before it, or the value, tells which it is."""
_OF_LANGUAGE = frozenset(
    {
        "embed",
        "embedding",
        "sep",
        "separator",
        "pad",
        "padding",
        "unk",
        "unknown",
        "oov",
        "bos",
        "eos",
        "sos",
        "cls",
        "mask",
        "start",
        "end",
    }
    | {"sot", "eot", "stop", "begin", "beginning", "special", "word", "image", "prompt", "blank", "space", "newline"}
    | {"first", "last", "this", "next", "prev", "previous", "sub", "mention", "number", "num", "emoji", "hashtag"}
    | {"boundary", "class", "delimiter", "negative", "positive", "filler", "dummy", "input", "output", "target"}
)
_OF_PLACES = frozenset(
    {"prod", "production", "dev", "test", "staging", "live", "old", "new", "default", "value", "string", "str", "text"}
    | {"main", "local", "db", "admin", "root", "header"}
)
"""Words that may follow: ``PASSWORD_PROD`` is a password, ``password_column`` is none."""
_HEADERS = frozenset({"authorization", "proxy-authorization", "x-api-key", "api-key", "x-auth-token", "cookie"})
_FILLER = re.compile(
    r"<.*>|\[.*\]|\{.*\}|\$\{?\w+\}?|%\(?\w+\)?s?|[*.•_xX-]+|(?i:your|my|some|enter|insert|the)\b[\w <>-]*"
    r"|(?i:your)_\w+"
)
_PLACE = re.compile(r"(?:https?://|\.{0,2}/|[\w-]+/)[\w./:@-]*")
_PAIR = re.compile(
    r"(?i)(?:^|[;&?\s])(?:password|passwd|pwd|api_?key|access_?token|auth_?token|token|client_?secret|secret)\s*="
    r"\s*[^\s;&'\"{}<>()%*$]{6,}|\b(?:authorization|x-api-key)\s*:\s*(?:(?:bearer|basic|token)\s+)?[\w+/=.~-]{6,}"
)
_SETTINGS = (".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".properties", ".env")
_SETTING = re.compile(
    r"""(?m)(?:^|[{,])\s*(?:export\s+)?["']?([\w.-]+)["']?\s*[:=]\s*(["']?)([^"'\s{}\[\],]+)\2\s*[,}#]?"""
)


def names_secret(name: str) -> bool:
    """Tell whether what stands under a name is a secret: ``DB_PASSWORD``, ``apiKey``, ``X-Api-Key``, ``token``."""
    if _surely(name):
        return True
    words = _words(name)
    # One text under the name of many tokens (embed_tokens, stop_tokens) is of language.
    many = words != [] and name.lower().rstrip("_0123456789").endswith("tokens")
    return not many and (words[-1:] == ["token"] or "".join(words) in _WEAK)


def written_out(name: str, text: str | bytes) -> bool:
    """Tell whether a text under a name is a secret: long enough, and neither a placeholder nor a word for one."""
    if not names_secret(name):
        return False
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = text.strip()
    if len(text) < SHORTEST:
        return False
    before = _words(name)[-2:-1]
    if not _surely(name) and before and before[0] in _OF_LANGUAGE:
        return False
    return not (_FILLER.fullmatch(text) or _PLACE.fullmatch(text) or _is_word_for_one(text) or text.count(" ") > 3)


def in_header(name: str, text: str) -> bool:
    """Tell whether a header of a request, such as ``Authorization``, has its value written out."""
    return name.lower() in _HEADERS and len(text) >= SHORTEST and not _FILLER.fullmatch(text)


def in_text(text: str) -> bool:
    """Tell whether a text such as ``host=db;password=…`` or ``?api_key=…`` holds a secret."""
    return _PAIR.search(text) is not None


def in_container(name: str, value: Any) -> bool:
    """Tell whether a list, or the values of a dict, under the name of secrets holds one."""
    if not _surely(name):
        return False
    parts = value.values() if isinstance(value, Mapping) else value
    return any(isinstance(part, str | bytes) and written_out(name, part) for part in parts)


def in_mapping(value: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the keys of a dict under which secrets stand; of a table of words none."""
    if len(value) <= VOCABULARY:
        yield from (key for key, part in value.items() if isinstance(key, str) and _holds(key, part))


def _holds(key: str, part: Any) -> bool:
    match part:
        case str() | bytes():
            return written_out(key, part) or (isinstance(part, str) and in_text(part))
        case (str(), str()) if key == "auth" and type(part) is tuple:
            return True
        case list() | tuple() | set() | frozenset():
            return in_container(key, part)
    return False


def in_settings(name: str, text: str) -> Iterator[str]:
    """Yield the keys under which a file of settings (JSON, YAML, TOML, INI, ``.env``) has secrets."""
    if name.endswith(_SETTINGS) or name.rpartition("/")[2].startswith(".env"):
        for key, _, value in _SETTING.findall(text):
            if written_out(key, value):
                yield key


def _surely(name: str) -> bool:
    words = _words(name)
    if not words:
        return False
    sure = words[-1].startswith(("passw", "passphrase", "passcode")) or words[-1] in _STRONG
    return sure or " ".join(words[-2:]) in _STRONG_PAIRS or name.lower() in _HEADERS


def _words(name: str) -> list[str]:
    """Return a name's words, without an s for many and what says only where it is used."""
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and (words[-1] in _OF_PLACES or words[-1].isdigit()):
        words.pop()
    if words and words[-1].endswith("s") and not words[-1].endswith("ss"):
        words[-1] = words[-1][:-1]
    return words


def _is_word_for_one(text: str) -> bool:
    """Tell whether a text names a secret and is none: a column ``password``, a variable ``DB_PASSWORD``."""
    return text.replace("-", "_").isidentifier() and names_secret(text) and not any(char.isdigit() for char in text)
