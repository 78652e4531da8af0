"""The table of verbs: what a person can ask for, in the order in which help lists it.

The parser, ``%aibro help``, Tab, dispatch, words that are nearly verbs and ``docs/verbs.md`` all follow from it.

To add a verb: write its function below ``@verb(…)`` in a file of this package; name it here; write a test in
``tests/surface`` that runs it; run ``make generate``, which writes its part of the docs. That its examples are
understood and that Tab offers its options is tested for every verb of the table.
"""

from __future__ import annotations

import argparse

from aibro_jupyter.client.kinds import VERB
from aibro_jupyter.client.option import Option
from aibro_jupyter.verbs import (
    backend,
    completing,
    deploying,
    doctor,
    explaining,
    metrics,
    panels,
    pruning,
    restoring,
    running,
    secrets,
    spending,
    starting,
    terms,
    tree,
    watching,
)
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.verb import verb
from aibro_jupyter.views import Note, View


@verb(
    Option(name="topic", kind=VERB, help="the verb", otherwise="all"),
    examples=("help", "help deploy"),
    reads_only=True,
)
def help_(command: Command) -> View:
    """Show this list, or a verb's options."""
    asked = [topic] if (topic := command.options.topic) else []
    try:
        parsed(command.asker.prog, [*asked, "--help"])
    except tree.HelpAsked as help_asked:
        return Note(body=help_asked.text)
    raise AssertionError("asking for help is always answered by it")


VERBS = (
    deploying.deploy,
    deploying.capture,
    deploying.dryrun,
    running.status,
    panels.panel,
    panels.form,
    running.complete,
    running.clients,
    secrets.secrets,
    watching.logs,
    watching.events,
    spending.cost,
    watching.drill,
    running.rollback,
    running.cooling,
    spending.limits,
    terms.terms,
    spending.budget,
    running.machines,
    starting.up,
    backend.down,
    doctor.doctor,
    metrics.metrics,
    pruning.prune,
    restoring.restore,
    restoring.unknown,
    backend.login,
    backend.logout,
    explaining.explain,
    completing.completion,
    help_,
)
BY_NAME = {name: verb for verb in VERBS for name in verb.names}


def parsed(prog: str, words: list[str]) -> argparse.Namespace:
    """Return what was asked for, by the table."""
    return tree.parsed(prog, words, VERBS)
