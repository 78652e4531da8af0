"""A posted body -> the files it stands for in data/, as the original documents it; the repo's own files decide."""

from __future__ import annotations

import functools
import os
import re
from typing import Any, NamedTuple

from . import jsontext
from .archive import is_zip, unzipped
from .faults import BadInput
from .multipart import Part, boundary_of, parts_of
from .paths import fault

_ZIPS = ("application/zip", "application/x-zip-compressed", "application/x-zip")
_TEXT = (".txt", ".csv", ".tsv", ".text", ".md", ".log", ".xml", ".html", ".yaml", ".yml")
_UNREAD: Any = object()


class Posted(NamedTuple):
    """Files by their path in data/; ``folder``: the sender meant several, even if it is one.

    ``value`` is what one file of JSON says; such a text is read once.
    """

    files: dict[str, bytes]
    folder: bool
    value: Any = _UNREAD


def posted(body: bytes, content_type: str | None, names: list[str]) -> Posted:
    """Return what a body means for a repo whose data/ holds files of these names; else raise ``BadInput``.

    A multipart file takes the name of the repo's one file with its suffix, else its own; a zip is the whole folder;
    a raw body is JSON or text as data/ says, else as its ``Content-Type`` does. Where that says nothing (none, or
    what ``curl -d`` calls everything) it is guessed: a zip is known by its first bytes then.
    """
    boundary = boundary_of(content_type)
    if boundary is not None:
        return _form(parts_of(body, boundary), names)
    sole_other = names[0] if len(names) == 1 and _suffix(names[0]) not in (".json", *_TEXT) else None
    if sole_other is None and _means_zip(body, content_type, folder=len(names) > 1):
        return Posted(unzipped(body), folder=True)
    return _file(sole_other or _raw_name(body, content_type, names), body)


def is_guess(content_type: str | None) -> bool:
    """Tell whether a body's media type says nothing: there is none, or what ``curl -d`` says of anything."""
    return _media(content_type) in ("", "application/x-www-form-urlencoded")


def is_json(content_type: str | None) -> bool:
    """Tell whether a body is said to be JSON."""
    media = _media(content_type)
    return media == "application/json" or media.endswith("+json")


def is_text(content_type: str | None) -> bool:
    """Tell whether a body is said to be text."""
    return _media(content_type).startswith("text/")


def _media(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


def _means_zip(body: bytes, content_type: str | None, *, folder: bool) -> bool:
    """Tell whether a body is a zip of files: by its sender's word; a spreadsheet begins like one, and is none."""
    if _media(content_type) in _ZIPS:
        if not is_zip(body):
            raise BadInput("the Content-Type says zip, and the body is none", status=400)
        return True
    said_bytes = folder and _media(content_type) == "application/octet-stream"
    return is_zip(body) and (is_guess(content_type) or said_bytes)


def value_of(post: Posted) -> Any:
    """Return a body as ``run(model, data)`` gets it: object, str, bytes, or a dict of name to bytes for a folder."""
    if post.folder:
        return dict(post.files)
    if post.value is not _UNREAD:
        return post.value
    ((name, content),) = post.files.items()
    if _suffix(name) == ".json":
        return parsed(content)
    return text_of(content) if _suffix(name) in _TEXT else content


def blob_of(body: bytes, content_type: str | None, *, zipped: bool = True) -> bytes:
    """Return the one file a body is, whichever way it was posted: raw, as a form's file, or (``zipped``) in a zip."""
    boundary = boundary_of(content_type)
    if boundary is not None:
        parts = parts_of(body, boundary)
        if len(parts) != 1:
            raise BadInput(f"the form has {len(parts)} parts, and the model takes one: -F file=@FILE")
        body = parts[0].content
        zipped = zipped and is_zip(body) and _suffix(parts[0].filename or "") == ".zip"
    else:
        zipped = zipped and _means_zip(body, content_type, folder=False)
    if zipped:
        files = unzipped(body)
        if len(files) != 1:
            raise BadInput(f"the zip has {len(files)} files, and the model takes one")
        (body,) = files.values()
    return body


def parsed(content: bytes) -> Any:
    """Return JSON as a value; what does not parse is refused with the place where it broke."""
    try:
        return jsontext.read(content)
    except UnicodeDecodeError as error:
        raise BadInput("the body is not JSON: it is not UTF-8 text", status=400) from error
    except RecursionError as error:
        raise BadInput("the body is nested too deep", status=400) from error
    except ValueError as error:
        hint = " (the body is empty)" if not content.strip() else ""
        raise BadInput(f"the body is not JSON: {error}{hint}", status=400) from error


def text_of(content: bytes, *, marked: bool = True) -> str:
    """Return UTF-8 text; ``marked``: it may begin with the mark that some editors write."""
    try:
        return content.decode("utf-8-sig" if marked else "utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"the body is not UTF-8 text: {error.reason} at byte {error.start}", status=400) from error


def _file(name: str, content: bytes) -> Posted:
    value = parsed(content) if _suffix(name) == ".json" else _UNREAD
    return Posted({name: content}, folder=False, value=value)


def _raw_name(body: bytes, content_type: str | None, names: list[str]) -> str:
    jsons = [name for name in names if _suffix(name) == ".json"]
    texts = [name for name in names if _suffix(name) in _TEXT]
    as_json = jsons[0] if len(jsons) == 1 else "data.json"
    as_text = texts[0] if len(texts) == 1 else "data.txt"
    if jsons and not texts:
        return as_json
    if texts and not jsons:
        return as_text
    if is_text(content_type) and _is_text(body):
        return as_text
    if _media(content_type) == "application/octet-stream" and not names:
        return "data.bin"
    try:
        jsontext.read(body)
    except (ValueError, RecursionError):
        if is_json(content_type):
            return as_json
        return as_text if _is_text(body) else "data.bin"
    return as_json


def _is_text(body: bytes) -> bool:
    try:
        body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True


def _form(parts: list[Part], names: list[str]) -> Posted:
    if not parts:
        raise BadInput("the form is empty; post a file as -F file=@FILE", status=400)
    if len(parts) == 1 and parts[0].filename is None:
        return _file(_raw_name(parts[0].content, None, names), parts[0].content)
    if len(parts) == 1 and is_zip(parts[0].content) and ".zip" in {_suffix(parts[0].filename or "")} - _suffixes(names):
        return Posted(unzipped(parts[0].content), folder=True)
    files: dict[str, bytes] = {}
    for part in parts:
        name = _named(part, names)
        if name in files:
            raise BadInput(f"the form has two files that are both {name!r} in data/", status=400)
        files.update(_file(name, part.content).files)
    return Posted(files, folder=len(files) > 1)


def _named(part: Part, names: list[str]) -> str:
    if part.filename is None:
        raise BadInput(f"the form's field {part.name!r} is not a file; post it as -F {part.name}=@FILE", status=400)
    own = re.split(r"[/\\]", part.filename)[-1]
    if fault(own):
        raise BadInput(f"the form's file name {part.filename[:80]!r} is no file name", status=400)
    same = [name for name in names if _suffix(name) == _suffix(own)]
    return same[0] if len(same) == 1 and _suffix(own) else own


def _suffixes(names: list[str]) -> set[str]:
    return {_suffix(name) for name in names}


@functools.lru_cache(maxsize=64)
def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()
