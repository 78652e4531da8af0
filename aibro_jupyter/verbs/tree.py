"""The one argparse tree of all verbs, built from their descriptors."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, NoReturn

from aibro_jupyter.errors import BadRequest
from aibro_jupyter.verbs.verb import Verb


class BadCommand(BadRequest):
    """A verb or an option that does not exist, or an option without its value."""

    code = "bad-command"


class HelpAsked(Exception):
    """Somebody asked for help, or for the version; not an error."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class _Parser(argparse.ArgumentParser):
    """argparse that raises facts and never ends the process."""

    def error(self, message: str) -> NoReturn:
        raise BadCommand(f"{self.prog}: {message}", fix=f"`{self.prog} --help` lists what it takes")

    def print_help(self, file: Any = None) -> NoReturn:  # noqa: ARG002  argparse's own signature
        raise HelpAsked(self.format_help().rstrip())


class _Version(argparse.Action):
    def __call__(self, *_: object) -> NoReturn:
        raise HelpAsked(f"aibro_jupyter {version('aibro_jupyter')}")


def parser(prog: str, verbs: Iterable[Verb]) -> argparse.ArgumentParser:
    """Return the tree; ``prog`` is how the person spells the command: ``%aibro`` or ``aibro``."""
    tree = _Parser(prog=prog, description="Your notebook function as a live API.", allow_abbrev=False)
    tree.add_argument("--version", action=_Version, nargs=0, help="show the version")
    branches = tree.add_subparsers(dest="verb", metavar="VERB", parser_class=_Parser)
    for verb in verbs:
        branch = branches.add_parser(
            verb.name,
            help=verb.help,
            description=verb.help,
            aliases=verb.aliases,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog="\n".join(["examples:", *(f"  {prog} {line}" for line in verb.examples)]) if verb.examples else None,
        )
        groups: dict[str, argparse._ActionsContainer] = {"": branch}
        for option in verb.options:
            if option.group not in groups:
                groups[option.group] = branch.add_mutually_exclusive_group()
            option.add_to(groups[option.group])
    return tree


def parsed(prog: str, words: list[str], verbs: Iterable[Verb]) -> argparse.Namespace:
    """Return what was asked for. Raises ``BadCommand`` with the nearest verb, ``HelpAsked`` for help."""
    verbs = tuple(verbs)
    tree = parser(prog, verbs)
    if not words:
        raise HelpAsked(tree.format_help().rstrip())
    first, known = words[0], {name for verb in verbs for name in verb.names}
    if not first.startswith("-") and first not in known:
        synonyms = {word: verb.name for verb in verbs for word in verb.synonyms}
        near = synonyms.get(first) or next(iter(difflib.get_close_matches(first, known, n=1)), None)
        fix = f"did you mean `{' '.join([prog, near, *words[1:]])}`?" if near else f"`{prog} help` lists the verbs"
        raise BadCommand(f"no verb is called {first!r}", fix=fix)
    return tree.parse_args(words)
