"""From the text behind a magic to the words of a command, and from a deploy cell to the function it defines."""

from __future__ import annotations

import ast
import itertools
import re
import shlex
from typing import Any

from aibro_jupyter.client.kinds import Offers
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.verbs import BadCommand
from aibro_jupyter.verbs.table import BY_NAME, VERBS
from aibro_jupyter.verbs.verb import Verb

CELL = "%%aibro"
BEGIN = "aibro_begin"
HELP = frozenset({"-h", "--help"})
OVER_CELLS = tuple(verb.name for verb in VERBS if verb.over_cell)
_BRACES = re.compile(r"\{([^{}]+)\}")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_PIECE = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.|\s+|.", re.DOTALL)


def words_of(line: str) -> list[str]:
    """Split a line as a shell does, but keep what stands in brackets whole: ``--sample df[["a", "b"]].head()``."""
    try:
        return _bracketed(line) or shlex.split(line)
    except ValueError as error:
        raise BadCommand(f"{error}: {line.strip()}", fix="put values with quotes or spaces in quotes") from None


def _bracketed(line: str) -> list[str]:
    """Return the words, or none where brackets do not match: then they are no expression."""
    words: list[str] = []
    current: list[str] = []
    open_: list[str] = []
    for piece in _PIECE.findall(line):
        if open_:
            current.append(piece)
            if piece == open_[-1]:
                open_.pop()
            elif piece in _CLOSING:
                open_.append(_CLOSING[piece])
        elif piece.isspace():
            words += ["".join(current)] if current else []
            current = []
        elif piece in _CLOSING:
            current.append(piece)
            open_.append(_CLOSING[piece])
        else:
            current.append("".join(shlex.split(piece)) if len(piece) > 1 or piece in "'\"\\" else piece)
            # An empty pair of quotes is a word of its own.
            if piece in ("''", '""') and len(current) == 1 and not current[0]:
                words.append("")
                current = []
    if open_:
        return []
    return [*words, "".join(current)] if current else words


def expanded(words: list[str], names: dict[str, Any]) -> list[str]:
    """Fill ``{x}`` in, word by word; the function and the sample are expressions of their own and stay as they are."""
    verb = BY_NAME.get(words[0]) if words else None
    done = words[:1]
    for before, word in itertools.pairwise(words):
        flag, glued, _ = word.partition("=")
        function = verb is not None and verb.takes_expression and before == words[0] and not word.startswith("-")
        plain = function or _is_expression(verb, before) or (glued and _is_expression(verb, flag))
        done.append(word if plain else _BRACES.sub(lambda found: _value(found, names), word))
    return done


def _is_expression(verb: Verb | None, flag: str) -> bool:
    option = verb.option(flag) if verb is not None else None
    return option is not None and option.kind.offers is Offers.VARIABLES


def _value(found: re.Match[str], names: dict[str, Any]) -> str:
    try:
        code = compile(found[1].strip(), "<%aibro>", "eval")
    except SyntaxError:
        return found[0]
    try:
        # The person's own expression in the person's own kernel: it is what they typed into the cell.
        return str(eval(code, names))  # noqa: S307
    except Exception as error:  # noqa: BLE001  whatever the expression raises is the person's to read
        raise BadRequest(f"{found[0]} raised {type(error).__name__}: {error}") from None


def with_function(words: list[str], source: str) -> list[str]:
    """Return the words with the function named that a cell's source defines, if they name none."""
    if not words or words[0] not in OVER_CELLS:
        raise BadCommand(f"{CELL} is for {' and '.join(OVER_CELLS)}", fix="for other verbs: `%aibro VERB`")
    if len(words) > 1 and not words[1].startswith("-"):
        return words
    defined = _defined(source)
    chosen = "run" if "run" in defined else defined[0] if len(defined) == 1 else None
    if chosen is None:
        found = f"defines {', '.join(defined)}" if defined else "defines no function"
        raise BadCommand(f"the cell {found}", fix=f"name the one: `{CELL} {words[0]} FUNCTION`")
    return [words[0], chosen, *words[1:]]


def _defined(source: str) -> list[str]:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return []
    return [node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def begin_in_cell(lines: list[str]) -> list[str]:
    """Turn ``%%aibro deploy …`` into a line that remembers it, so that the rest is an ordinary cell.

    Await, Out[] and traceback line numbers stay as they are in any cell: the magic line is still line 1.
    """
    if not lines or not re.match(rf"{CELL}\s+({'|'.join(OVER_CELLS)})\b", lines[0]):
        return lines
    options, body = lines[0].removeprefix(CELL).strip(), "".join(lines[1:])
    if HELP & set(options.split()) or not body.strip():
        return lines
    call = f"get_ipython().run_line_magic({BEGIN!r}, {options + chr(0) + body!r})\n"
    return [call, *lines[1:]]
