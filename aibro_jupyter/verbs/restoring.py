"""The verbs for a database that was lost: restore, and unknown for what it does not know."""

from __future__ import annotations

from collections.abc import Iterator

from aibro_jupyter import lifeline
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.kinds import FLAG, LABELS
from aibro_jupyter.client.option import Option
from aibro_jupyter.client.token import shared
from aibro_jupyter.control.ledger.copies import Copies
from aibro_jupyter.control.ledger.restoring import Restored, begun_anew, restored
from aibro_jupyter.errors import AibroError, BackendRuns, BadRequest, NoBackend, NoCopy, VersionSkew
from aibro_jupyter.figures import several
from aibro_jupyter.home import Home, home
from aibro_jupyter.providers.local import LocalProvider
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.running import without
from aibro_jupyter.verbs.verb import verb
from aibro_jupyter.views import View
from aibro_jupyter.views.restoring import CopyLine, CopyList, RestoredView, UnknownList


@verb(
    Option(
        name="from_",
        flags=("--from",),
        metavar="COPY",
        default="",
        help="a file, or a date as --list shows it: its newest copy",
        otherwise="the newest good copy",
        group="which",
    ),
    Option(flags=("--list",), kind=FLAG, help="show the copies and the jobs in them", group="which"),
    Option(flags=("--new",), kind=FLAG, help="begin with an empty database on purpose", group="which"),
    examples=("restore --list", "restore", "restore --from 2026-01-31"),
    synonyms=("recover", "backup"),
)
def restore(command: Command) -> View:
    """Bring back the database of this computer's backend from a copy it made; what is there is put aside."""
    if shared() is not None:
        raise BadRequest(
            "a shared backend is restored where it runs", fix="log out or unset AIBRO_URL to restore the one here"
        )
    here, options = home(), command.options
    if not here.root.exists():
        raise NoCopy(f"no backend ever ran in {here.root}", fix="AIBRO_HOME names another home")
    here.make()
    if options.list:
        return CopyList(copies=tuple(_lines(here)), folder=str(here.copies))
    _refuse_while_it_runs()
    done = begun_anew(here) if options.new else restored(here, options.from_)
    return _told(here, done)


def _refuse_while_it_runs() -> None:
    """Raise ``BackendRuns`` where control answers: one of an older version does not lock its database."""
    try:
        backend(start=False)
    except VersionSkew:
        pass
    except AibroError:
        return
    raise BackendRuns("a running backend has the database open", fix="`aibro down` ends it, then restore again")


def _lines(here: Home) -> Iterator[CopyLine]:
    for copy in Copies(here.copies).all():
        damage = ""
        try:
            jobs = copy.about()
        except NoCopy as error:
            jobs, damage = (), error.message.rpartition(": ")[2]
        yield CopyLine(
            file=str(copy.path),
            taken_at=copy.taken_at,
            why=copy.why,
            bytes=copy.path.stat().st_size,
            jobs=jobs,
            damage=damage,
        )


def _told(here: Home, done: Restored) -> RestoredView:
    strange = [name for name in LocalProvider(here).owned() if name not in done.known]
    return RestoredView(
        taken_at=None if done.copy is None else done.copy.taken_at,
        file="" if done.copy is None else str(done.copy.path),
        jobs=done.jobs,
        unknown=tuple(strange),
        aside="" if done.aside is None else str(done.aside),
        runs=lifeline.is_held(here.daemon_lock),
    )


@verb(
    Option(flags=("--end",), kind=LABELS, metavar="ID", many=True, help="end these, with their files", group="what"),
    Option(flags=("--end-all",), kind=FLAG, help="end all that this backend launched", group="what"),
    examples=("unknown", "unknown --end ins_0123456789abcdef", "unknown --end-all"),
    synonyms=("orphans", "strays", "leaks"),
)
def unknown(command: Command) -> View:
    """Show instances that the database does not know, as after a restore; they are ended only when asked."""
    options = command.options
    try:
        control = backend(start=False)
    except NoBackend as none:
        return without(none)
    seen = control.status().unknown
    wanted = [one.instance_id for one in seen if one.mine] if options.end_all else list(options.end)
    if not wanted:
        return UnknownList(instances=seen)
    left = control.end_unknown(wanted).unknown
    return UnknownList(instances=left, said=f"✓ asked {several(len(wanted), 'instance')} to end")
