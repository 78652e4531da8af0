"""What Tab offers after ``%aibro``: verbs, options, deployed names, machine ids, functions. Never waits long."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Any

from IPython import get_ipython
from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from aibro_jupyter.client.deployed import DeployedNames
from aibro_jupyter.client.kinds import FLAG, Offers
from aibro_jupyter.client.option import Option
from aibro_jupyter.machines import Market, catalogue, machine_id
from aibro_jupyter.verbs.table import BY_NAME
from aibro_jupyter.verbs.verb import Verb

PATIENCE_S = 0.3
"""Chosen: what a person takes for at once."""
_LINE = re.compile(r"\s*%%?aibro\s(?P<rest>.*)$", re.DOTALL)


_DEPLOYED = DeployedNames()


def functions(names: dict[str, Any]) -> list[str]:
    """Return the functions that a notebook defined itself."""
    return [
        name
        for name, value in names.items()
        if inspect.isfunction(value) and value.__module__ == "__main__" and not name.startswith("_")
    ]


def offers(line: str, names: dict[str, Any]) -> Iterable[str]:
    """Return all that may stand where the line ends; the caller keeps what fits the token."""
    found = _LINE.match(line)
    if found is None:
        return []
    words = found["rest"].split()
    current = "" if not words or found["rest"][-1:].isspace() else words.pop()
    if not words:
        return sorted(BY_NAME)
    verb = BY_NAME.get(words[0])
    if verb is None:
        return []
    if current.startswith("-"):
        return sorted(set(verb.long_flags))
    return [offer for option in _expected(verb, words[1:]) for offer in _values(option, names)]


def _expected(verb: Verb, words: list[str]) -> list[Option]:
    """Return the options whose value may come behind these words."""
    places, option = list(verb.words), None
    for word in words:
        if word.startswith("-"):
            named = verb.option(word)
            option = None if named is None or named.kind is FLAG else named
        elif option is not None:
            option = option if option.many else None
        else:
            places = places if places and places[0].many else places[1:]
    if option is not None:
        return [option]
    # Words that may be left out are followed by the one that may not.
    needed = next((at for at, place in enumerate(places) if place.required), len(places))
    return places[: needed + 1]


def _values(option: Option, names: dict[str, Any]) -> Iterable[str]:
    match option.kind.offers:
        case Offers.MACHINES:
            return sorted(machine_id(name, Market.ON_DEMAND) for name in catalogue())
        case Offers.VARIABLES:
            return sorted(name for name in names if not name.startswith("_"))
        case Offers.JOBS:
            return _DEPLOYED.get(PATIENCE_S)
        case Offers.FUNCTIONS:
            return functions(names)
        case Offers.VERBS:
            return sorted(BY_NAME)
    return option.choices


@context_matcher()
def matcher(context: CompletionContext) -> SimpleMatcherResult:
    """Complete a line that begins with ``%aibro``; any other line is none of our business."""
    line = context.line_with_cursor
    if _LINE.match(line) is None:
        return {"completions": []}
    shell = get_ipython()
    typed = "" if line[-1:].isspace() else line.split()[-1]
    token = context.token
    # IPython's token may begin after a dash or a dot of ours: offer what is missing from there on.
    done = typed[: len(typed) - len(token)] if typed.endswith(token) else ""
    fits = (offer for offer in offers(line, shell.user_ns if shell else {}) if offer.startswith(typed))
    return {
        "completions": [SimpleCompletion(text=offer[len(done) :], type="param") for offer in fits],
        "suppress": True,
    }
