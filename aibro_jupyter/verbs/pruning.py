"""The verb that makes room: prune."""

from __future__ import annotations

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.kinds import FLAG, LAPSE
from aibro_jupyter.client.option import Option
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.verb import verb
from aibro_jupyter.views import View
from aibro_jupyter.views.disk import Pruned


@verb(
    Option(flags=("--dry-run",), kind=FLAG, help="only show what would go"),
    Option(flags=("--older-than",), kind=LAPSE, default=0.0, help="only what nobody has used for so long, such as 7d"),
    examples=("prune --dry-run", "prune", "prune --older-than 7d"),
    synonyms=("clean", "gc", "cleanup"),
)
def prune(command: Command) -> View:
    """Remove bundles and environments that no active or rollback version uses; after 30 days they go by themselves."""
    if not command.asker.machine:
        command.asker.say("looking for what nobody uses …")
    return Pruned(gone=backend().prune(command.options.older_than, dry_run=command.options.dry_run))
