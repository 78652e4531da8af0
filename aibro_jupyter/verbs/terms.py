"""The verb about what callers may take of a model."""

from __future__ import annotations

from aibro_jupyter.client.deployment import CallerTerms
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.kinds import FLAG, IDS
from aibro_jupyter.client.option import Option, options_of, said
from aibro_jupyter.protocol import TermsUpdate
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.verb import THE_JOB, verb
from aibro_jupyter.verbs.which import job_of
from aibro_jupyter.views import View
from aibro_jupyter.views.terms import TermsCard


@verb(
    *THE_JOB,
    *options_of(CallerTerms),
    Option(flags=("--of",), kind=IDS, help="set it for one client, by its id"),
    Option(flags=("--none",), kind=FLAG, help="first clear what was set, of all or of that client"),
    examples=(
        "terms iris",
        "terms iris --max-wait 10s --at-once 4 --per-second 20",
        "terms iris --cors https://app.example.com",
        "terms iris --none",
    ),
    synonyms=("rate", "rates", "cors"),
)
def terms(command: Command) -> View:
    """Show what callers may take: how long they wait, how many requests, from which web pages; set, clear."""
    options = command.options
    control = backend(start=False)
    job = job_of(control, options)
    named = CallerTerms(**said(CallerTerms, options)).terms()
    if named is None and not options.none:
        return TermsCard(whose=job.model_name, terms=control.terms(job.job_id))
    wanted = named or TermsUpdate()
    update = TermsUpdate(
        max_wait_s=wanted.max_wait_s,
        at_once=wanted.at_once,
        per_second=wanted.per_second,
        origins=wanted.origins,
        client=options.of or "",
        clear=options.none,
    )
    return TermsCard(whose=job.model_name, terms=control.update_terms(job.job_id, update), changed=True)
