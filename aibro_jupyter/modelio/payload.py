"""A posted body -> the files it stands for in data/, as the original documents it; the repo's own files decide."""

from __future__ import annotations

import json
import os
import re
from typing import Any, NamedTuple

from .archive import is_zip, unzipped
from .faults import BadInput
from .multipart import Part, boundary_of, parts_of
from .paths import fault

_TEXT = (".txt", ".csv", ".tsv", ".text", ".md", ".log", ".xml", ".html", ".yaml", ".yml")


class Posted(NamedTuple):
    """Files by their path in data/; ``folder``: the sender meant several, even if it is one."""

    files: dict[str, bytes]
    folder: bool


def posted(body: bytes, content_type: str | None, names: list[str]) -> Posted:
    """Return what a body means for a repo whose data/ holds files of these names; else raise ``BadInput``.

    A multipart file takes the name of the repo's one file with its suffix, else its own; a zip is the whole folder;
    a raw body is JSON or text as data/ says. What ``Content-Type`` says of a raw body is not trusted: ``curl -d``
    calls everything a form.
    """
    boundary = boundary_of(content_type)
    if boundary is not None:
        return _form(parts_of(body, boundary), names)
    sole_other = names[0] if len(names) == 1 and _suffix(names[0]) not in (".json", *_TEXT) else None
    if is_zip(body) and sole_other is None:
        return Posted(unzipped(body), folder=True)
    return _file(sole_other or _raw_name(body, names), body)


def value_of(post: Posted) -> Any:
    """Return a body as ``run(model, data)`` gets it: object, str, bytes, or a dict of name to bytes for a folder."""
    if post.folder:
        return dict(post.files)
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
    if zipped and is_zip(body):
        files = unzipped(body)
        if len(files) != 1:
            raise BadInput(f"the zip has {len(files)} files, and the model takes one")
        (body,) = files.values()
    return body


def parsed(content: bytes) -> Any:
    """Return JSON as a value; what does not parse is refused with the place where it broke."""
    try:
        return json.loads(content)
    except UnicodeDecodeError as error:
        raise BadInput("the body is not JSON: it is not UTF-8 text", status=400) from error
    except RecursionError as error:
        raise BadInput("the body is nested too deep", status=400) from error
    except ValueError as error:
        hint = " (the body is empty)" if not content.strip() else ""
        raise BadInput(f"the body is not JSON: {error}{hint}", status=400) from error


def text_of(content: bytes) -> str:
    """Return UTF-8 text."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"the body is not UTF-8 text: {error.reason} at byte {error.start}", status=400) from error


def _file(name: str, content: bytes) -> Posted:
    if _suffix(name) == ".json":
        parsed(content)
    return Posted({name: content}, folder=False)


def _raw_name(body: bytes, names: list[str]) -> str:
    jsons = [name for name in names if _suffix(name) == ".json"]
    texts = [name for name in names if _suffix(name) in _TEXT]
    as_json = jsons[0] if len(jsons) == 1 else "data.json"
    as_text = texts[0] if len(texts) == 1 else "data.txt"
    if jsons and not texts:
        return as_json
    if texts and not jsons:
        return as_text
    try:
        json.loads(body)
    except (ValueError, RecursionError):
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
        return _file(_raw_name(parts[0].content, names), parts[0].content)
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


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()
