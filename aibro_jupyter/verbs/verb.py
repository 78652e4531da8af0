"""What a verb is: one descriptor, next to the function that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aibro_jupyter.client.kinds import JOB, Offers
from aibro_jupyter.client.option import Option
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.views import View

ONE_JOB = Option(name="name", kind=JOB, default="", help="one job, by name or id", otherwise="all")
"""The job that a verb shows alone, where it could show them all."""
THE_JOB = (
    Option(name="name", kind=JOB, help="the job, by name or id", otherwise="the only one there is"),
    Option(flags=("--model-name",), kind=JOB, hidden=True, help="the job, by name"),
    Option(flags=("--job-id",), metavar="ID", help="the job by its id, ended ones too"),
)
"""The job that a verb is about: ``which.job_of`` finds it."""


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One verb: parser, completion, help, docs and dispatch follow from it."""

    name: str
    help: str
    """What it does, in a line: the docstring of its function."""
    function: Callable[[Command], View]
    options: tuple[Option, ...] = ()
    examples: tuple[str, ...] = ()
    """Lines as a person types them, behind ``%aibro``; the first is the plainest."""
    aliases: tuple[str, ...] = ()
    """Other names that do the same."""
    synonyms: tuple[str, ...] = ()
    """Words for it that are no verbs: whoever types one is told the verb."""
    reads_only: bool = False
    """It changes nothing and starts no backend."""
    over_cell: bool = False
    """``%%aibro`` may stand over a cell that defines its function."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its name and the other names that do the same."""
        return (self.name, *self.aliases)

    @property
    def words(self) -> tuple[Option, ...]:
        """The options without flags, each a word at its place."""
        return tuple(option for option in self.options if not option.flags)

    @property
    def long_flags(self) -> tuple[str, ...]:
        """All flags that begin with two dashes, in their order."""
        spelled = [flag for option in self.options for flag in option.spellings if flag.startswith("--")]
        return (*spelled, "--help")

    @property
    def takes_expression(self) -> bool:
        """Whether its first word is an expression of the notebook's."""
        return bool(self.words) and self.words[0].kind.offers is Offers.FUNCTIONS

    def option(self, flag: str) -> Option | None:
        """Return the option that a flag spells, if one does."""
        return next((option for option in self.options if flag in option.spellings), None)

    def usage(self, prog: str) -> str:
        """Return how it is typed, in a line."""
        shapes = [option.shape if not option.choices else "|".join(option.choices) for option in self.words]
        words = [
            shape if option.required else f"[{shape} …]" if option.many else f"[{shape}]"
            for shape, option in zip(shapes, self.words, strict=True)
        ]
        options = ["[OPTION …]"] if len(self.words) < len(self.options) else []
        return " ".join([prog, self.name, *words, *options])


def verb(
    *options: Option,
    examples: tuple[str, ...],
    aliases: tuple[str, ...] = (),
    synonyms: tuple[str, ...] = (),
    reads_only: bool = False,
    over_cell: bool = False,
) -> Callable[[Callable[[Command], View]], Verb]:
    """Make a function a verb: its name and its docstring are the verb's."""

    def made(function: Callable[[Command], View]) -> Verb:
        told = (function.__doc__ or "").strip().removesuffix(".")
        return Verb(
            name=function.__name__.removesuffix("_"),
            help=told[:1].lower() + told[1:],
            function=function,
            options=options,
            examples=examples,
            aliases=aliases,
            synonyms=synonyms,
            reads_only=reads_only,
            over_cell=over_cell,
        )

    return made
