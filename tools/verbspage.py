"""The verbs' page of the docs, from their table."""

from __future__ import annotations

from doctables import table

from aibro_jupyter.client.kinds import FLAG
from aibro_jupyter.client.option import Option
from aibro_jupyter.verbs.table import VERBS
from aibro_jupyter.verbs.verb import Verb


def page() -> str:
    """Return ``docs/verbs.md``."""
    return (
        "\n\n".join(
            (
                "# The verbs",
                "Written by `tools/generate.py` from the table in `aibro_jupyter/verbs/table.py`, the one place that"
                " knows them.",
                "Each works in a notebook as `%aibro VERB …` and in a terminal as `aibro VERB …`, there with `--json`"
                " for programs. `%aibro help VERB` says the same as this page.",
                table(("Verb", "What it does"), ((f"[{v.name}](#{v.name})", v.help) for v in VERBS)),
                *map(_verb, VERBS),
            )
        )
        + "\n"
    )


def _verb(verb: Verb) -> str:
    lines = "\n".join(f"%aibro {line}" for line in verb.examples)
    also = [f"Also called `{'`, `'.join(verb.aliases)}`."] if verb.aliases else []
    only = ["It changes nothing and starts no backend."] if verb.reads_only else []
    over = (
        [f"As `%%aibro {verb.name}` over a cell it takes the function that the cell defines."] if verb.over_cell else []
    )
    options = [option for option in verb.options if not option.hidden]
    rows = [table(("Option", "Meaning", "Without it"), map(_option, options))] if options else []
    said = " ".join([f"{verb.help[0].upper()}{verb.help[1:]}.", *also, *only, *over])
    usage = f"```\n{verb.usage('%aibro')}\n```"
    return "\n\n".join([f"## {verb.name}", said, usage, *rows, f"Examples:\n\n```\n{lines}\n```"])


def _option(option: Option) -> tuple[str, ...]:
    shape = "" if option.kind is FLAG else "\\|".join(option.choices) or option.shape
    value = f" {shape}" + (" …" if option.many else "") if shape and option.flags else ""
    name = ", ".join(f"`{flag}`" for flag in option.spellings) + (f" `{value.strip()}`" if value else "")
    return name or f"`{shape}`", option.meaning, option.fallback
