"""The sidebar's generated TypeScript: the fields of its form, and the verbs that it proposes and explains."""

from __future__ import annotations

from collections.abc import Iterator

from prettier import fitting, key, quoted, union

from aibro_jupyter.client import kinds
from aibro_jupyter.client.kinds import FLAG, Kind, Offers
from aibro_jupyter.client.option import Option
from aibro_jupyter.machines import DEFAULT_MACHINE
from aibro_jupyter.verbs.deploying import deploy
from aibro_jupyter.verbs.table import VERBS
from aibro_jupyter.verbs.verb import Verb

_OPTIONS = """\
/** The options of `%aibro deploy` that a form shows. Written by tools/generate.py from their labels in Python. */
import type { TranslationBundle } from '@jupyterlab/translation';

/** A text in the reader's language. */
export type Said = (trans: TranslationBundle) => string;
"""
_OPTION = """\
export interface IOption {
  flag: string;
  kind: Kind;
  /** It takes several, with spaces between them. */
  many: boolean;
  label: Said;
  /** What it means. */
  help: Said;
  /** What stands in for it. */
  otherwise: Said;
}
"""
_VERBS = """\
/** The verbs of `%aibro`. Written by tools/generate.py from aibro_jupyter/verbs/table.py. */
import type { Said } from './options';
"""
_KINDS = {name.lower(): kind for name, kind in vars(kinds).items() if isinstance(kind, Kind)}


def options() -> str:
    """Return ``labextension/src/options.ts``."""
    fields = {option.name: ",\n".join(_field(option)) for option in deploy.options if option.label}
    table = ",\n".join(f"  {key(name)}: {{\n{lines}\n  }}" for name, lines in fields.items())
    return "\n".join(
        (
            _OPTIONS,
            "/** The kinds of values, as aibro_jupyter/client/kinds.py calls them. */",
            union("export type Kind", [quoted(name) for name in sorted(_KINDS)]) + "\n",
            union("export type OptionName", [quoted(name) for name in fields]) + "\n",
            _OPTION,
            "/** In the order of the form. */",
            f"export const OPTIONS: Record<OptionName, IOption> = {{\n{table}\n}};\n",
            "/** What stands in when nobody names a machine. */",
            f"export const DEFAULT_MACHINE = {quoted(DEFAULT_MACHINE)};\n",
        )
    )


def verbs() -> str:
    """Return ``labextension/src/verbs.ts``."""
    words = "\n".join(f"  {key(verb.name)}: [{', '.join(_words(verb))}];" for verb in VERBS)
    does = ",\n".join(_said(1, verb.name, _sentence(verb.help)) for verb in VERBS)
    return "\n".join(
        (
            _VERBS,
            "/** The words behind each, in their order; a job is always named. */",
            f"export interface IVerbs {{\n{words}\n}}\n",
            "export type Verb = keyof IVerbs;\n",
            "/** What each does. */",
            f"export const VERBS: Record<Verb, Said> = {{\n{does}\n}};\n",
        )
    )


def _field(option: Option) -> Iterator[str]:
    if option.kind is FLAG:
        raise ValueError(f"{option.name}: the forms have no field for a flag")
    # A duration is typed with its unit, an amount of dollars is not.
    unit = f", in {option.kind.unit}" if option.kind.unit and not option.kind.typed else ""
    yield f"    flag: {quoted(option.flags[0])}"
    yield f"    kind: {quoted(next(name for name, kind in _KINDS.items() if kind is option.kind))}"
    yield f"    many: {'true' if option.many else 'false'}"
    yield _said(2, "label", _sentence(option.label) + unit)
    yield _said(2, "help", option.help)
    yield _said(2, "otherwise", option.fallback or "none")


def _words(verb: Verb) -> Iterator[str]:
    for word in verb.words:
        kind = " | ".join(map(quoted, word.choices)) or "string"
        needed = word.required or word.kind.offers is Offers.JOBS
        yield f"...{kind}[]" if word.many else kind if needed else f"{kind}?"


def _said(depth: int, name: str, text: str) -> str:
    """Return a property that says a text: a literal in a call of its own, where what gathers translations finds it."""
    indent, literal = "  " * depth, quoted(text)
    head = f"{indent}{key(name)}: trans =>"
    return fitting(
        f"{head} trans.__({literal}),",
        f"{head}\n{indent}  trans.__({literal}),",
        otherwise=f"{head}\n{indent}  trans.__(\n{indent}    {literal}\n{indent}  ),",
    ).removesuffix(",")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
