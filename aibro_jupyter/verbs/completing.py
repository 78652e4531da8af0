"""The verb that teaches a shell to complete the command: a script made from the table of verbs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from aibro_jupyter.client.deployed import DeployedNames
from aibro_jupyter.client.kinds import Offers
from aibro_jupyter.client.option import Option
from aibro_jupyter.machines import Market, catalogue, machine_id
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.verb import Verb, verb
from aibro_jupyter.views import Note, View

PATIENCE_S = 2.0
"""Chosen: longer than a busy backend takes, shorter than a person presses Tab again."""
_JOBS = "aibro completion jobs 2>/dev/null"
_BASH = """\
_aibro() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} known=
    case "$COMP_CWORD:${{COMP_WORDS[1]}}:$before" in
        1:*) known={verbs} ;;
{cases}
    esac
    COMPREPLY=($(compgen -W "$known" -- "$word"))
}}
complete -o default -F _aibro aibro"""
_ZSH = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit"


@verb(
    Option(
        name="shell",
        choices=("bash", "zsh", "fish", "jobs"),
        required=True,
        help="the shell; jobs: the names that those scripts ask for",
    ),
    examples=("completion bash", "completion zsh", "completion fish"),
    reads_only=True,
)
def completion(command: Command) -> View:
    """Print a script that makes a shell complete this command."""
    # Looked up when it is needed: this verb stands in the table itself.
    from aibro_jupyter.verbs.table import VERBS

    match command.options.shell:
        case "jobs":
            script = "\n".join(DeployedNames().get(PATIENCE_S))
        case "fish":
            script = "\n".join(_fish(VERBS))
        case "zsh":
            script = f"{_ZSH}\n{_bash(VERBS)}"
        case _:
            script = _bash(VERBS)
    return Note(body=script)


def _bash(verbs: Sequence[Verb]) -> str:
    cases = []
    for one in verbs:
        for name in one.names:
            for option in one.options:
                if known := _known([option], verbs):
                    cases += [f"{name}:{flag}) known={known} ;;" for flag in option.spellings]
            cases.append(f"{name}:*) known={_known(one.words, verbs, *_flags(one))} ;;")
    names = [*(name for one in verbs for name in one.names), "--version", "--help"]
    return _BASH.format(verbs=_quoted(names), cases="\n".join(f"        *:{case}" for case in cases))


def _fish(verbs: Sequence[Verb]) -> Iterator[str]:
    yield "complete -c aibro -n __fish_use_subcommand -l version"
    for one in verbs:
        for name in one.names:
            here = f"complete -c aibro -n '__fish_seen_subcommand_from {name}'"
            yield f"complete -c aibro -n __fish_use_subcommand -f -a {name} -d {_quoted([one.help])}"
            if words := [value for option in one.words for value in _values(option, verbs)]:
                yield f"{here} -a {_quoted(words)}"
            if any(option.kind.offers is Offers.JOBS for option in one.words):
                yield f"{here} -f -a '({_JOBS})'"
            for option in one.options:
                values = _values(option, verbs)
                for flag in () if option.hidden else option.spellings:
                    value = f" -x -a {_quoted(values)}" if values else ""
                    yield f"{here} {'-l' if flag.startswith('--') else '-s'} {flag.lstrip('-')}{value}"


def _known(options: Sequence[Option], verbs: Sequence[Verb], *more: str) -> str:
    """Return what bash makes its list of: words, and the names of jobs as they are when Tab is pressed."""
    words = [value for option in options for value in _values(option, verbs)]
    told = _quoted([*words, *more]) if words or more else ""
    return f'{told}" $({_JOBS})"' if any(option.kind.offers is Offers.JOBS for option in options) else told


def _flags(one: Verb) -> list[str]:
    shown = [flag for option in one.options if not option.hidden for flag in option.spellings]
    return [*shown, "--json", "--help"]


def _values(option: Option, verbs: Sequence[Verb]) -> tuple[str, ...]:
    """Return what may stand for an option, as far as it is known without asking a backend."""
    match option.kind.offers:
        case Offers.MACHINES:
            return tuple(machine_id(name, Market.ON_DEMAND) for name in catalogue())
        case Offers.VERBS:
            return tuple(one.name for one in verbs)
    return option.choices


def _quoted(words: Sequence[str]) -> str:
    return shlex.quote(" ".join(words))
