"""How a model is to be deployed: every option with its default, unit and meaning, told here and nowhere else.

The options of ``%aibro deploy``, the form and the docs follow from the fields; the signatures of
``aibro_jupyter.deploy`` and ``Inference.deploy`` are compared with them by a test. To add an option: one field here,
and where it goes: into one of the messages below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated

from aibro_jupyter import clock
from aibro_jupyter.client.kinds import (
    ADDRESS,
    CLIENTS,
    COUNT,
    DOLLARS,
    FLAG,
    LABELS,
    LAPSE,
    MACHINE,
    MOMENT,
    NAME,
    ORIGINS,
    RATE,
    SECONDS,
    SECRETS,
    SLOTS,
    SPAN,
    TEXT,
)
from aibro_jupyter.client.option import Option, take
from aibro_jupyter.control.rules.terms import updated_terms
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.figures import MICROS
from aibro_jupyter.home import suggested_name
from aibro_jupyter.machines import DEFAULT_MACHINE, MachineConfig, machine_config
from aibro_jupyter.protocol import DeployRequest, Limits, Terms, TermsUpdate, VersionRequest, VersionSpec


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What something may cost and for how long, as people say it. Any field that cannot be raises ``BadRequest``."""

    budget_per_day: Annotated[float | None, Option(
        flags=("--budget-per-day", "--per-day"), kind=DOLLARS, label="budget a day",
        help="beyond it cooling is off until midnight UTC; standby stays",
    )] = None  # fmt: skip
    budget_stop: Annotated[float | None, Option(
        flags=("--budget-stop", "--stop"), kind=DOLLARS, help="beyond it, in all, the job ends",
    )] = None  # fmt: skip
    ttl_s: Annotated[float | None, Option(
        flags=("--ttl",), kind=SPAN, group="end", help="the job ends after this long",
    )] = None  # fmt: skip
    until: Annotated[float | None, Option(
        flags=("--until",), kind=MOMENT, group="end", help="the job ends then",
    )] = None  # fmt: skip
    notify: Annotated[str, Option(
        flags=("--notify",), kind=ADDRESS, help="a URL that news are POSTed to as JSON",
    )] = ""  # fmt: skip

    def __post_init__(self) -> None:
        # The backend checks all of it; what can be told at once is not told after a capture.
        take(self)
        if self.ttl_s is not None and self.until is not None:
            raise BadRequest("ttl_s and until exclude each other", fix="give the one or the other")

    def limits(self) -> Limits | None:
        """Return the message that sets them, with a time to live that begins now; None: nothing is limited."""
        wanted = Limits(
            budget_per_day_micros=None if self.budget_per_day is None else round(self.budget_per_day * MICROS),
            budget_stop_micros=None if self.budget_stop is None else round(self.budget_stop * MICROS),
            until=self.until if self.ttl_s is None else clock.now() + self.ttl_s,
            notify=self.notify,
        )
        return None if wanted == Limits() else wanted


@dataclass(frozen=True, kw_only=True)
class CallerTerms:
    """What callers may take, as people say it. Any field that cannot be raises ``BadRequest``."""

    max_wait: Annotated[float | None, Option(
        flags=("--max-wait",), kind=LAPSE, otherwise="30s",
        help="a request that would wait longer for its turn is told so at once",
    )] = None  # fmt: skip
    at_once: Annotated[int | None, Option(
        flags=("--at-once",), kind=COUNT, help="so many requests may a client have waiting and running",
    )] = None  # fmt: skip
    per_second: Annotated[float | None, Option(
        flags=("--per-second",), kind=RATE, help="so many requests may a client send a second",
    )] = None  # fmt: skip
    cors: Annotated[str | Sequence[str], Option(
        flags=("--cors",), kind=ORIGINS, many=True, help="web pages that may call, by origin; *: any",
    )] = ()  # fmt: skip

    def __post_init__(self) -> None:
        take(self)

    def terms(self) -> TermsUpdate | None:
        """Return the message that sets them; None: nothing is said of them."""
        wanted = TermsUpdate(
            max_wait_s=self.max_wait,
            at_once=self.at_once,
            per_second=self.per_second,
            origins=tuple(self.cors) or None,
        )
        return None if wanted == TermsUpdate() else wanted


@dataclass(frozen=True, kw_only=True)
class Deployment(Bounds, CallerTerms):
    """How a model is to be deployed, checked as far as that can be done at once.

    What cannot be raises a ``BadRequest`` that names the field and says what to write, such as ``BadMachine``.
    """

    name: Annotated[str | None, Option(
        flags=("--name",), reference="model_name", kind=NAME, label="name", otherwise="the function's",
        help="the API's name, part of its URL",
    )] = None  # fmt: skip
    machine: Annotated[str | Mapping[str, str] | None, Option(
        flags=("--machine", "--standby"), reference="machine_id_config", kind=MACHINE, label="standby",
        otherwise=DEFAULT_MACHINE, help="id of the standby machine: always on, cheap",
    )] = None  # fmt: skip
    cooling: Annotated[str | None, Option(
        flags=("--cooling",), kind=MACHINE, label="cooling", otherwise="none",
        help="id of the cooling machine: strong, asleep until requests come",
    )] = None  # fmt: skip
    cool_down: Annotated[int, Option(
        flags=("--cool-down",), reference="cool_down_period_s", kind=SECONDS, label="sleeps after",
        help="cooling sleeps after this long without a request",
    )] = VersionSpec.cool_down_period_s  # fmt: skip
    client_ids: Annotated[str | Sequence[str], Option(
        flags=("--client",), reference="client_ids", kind=CLIENTS, many=True, otherwise="anyone",
        help="who may call, by client id",
    )] = field(default=(), repr=False)  # fmt: skip
    mint: Annotated[str | Sequence[str], Option(
        flags=("--mint",), kind=LABELS, many=True, label="clients", otherwise="anyone",
        help="who may call, by name: each gets a client id that nobody can guess, made once",
    )] = ()  # fmt: skip
    description: Annotated[str, Option(
        flags=("--description",), kind=TEXT, help="what reminds people which one it is",
    )] = ""  # fmt: skip
    wait_request_s: Annotated[int, Option(
        flags=("--wait",), reference="wait_request_s", kind=SECONDS,
        help="how long to wait for the first machine",
    )] = DeployRequest.wait_request_s  # fmt: skip
    request_limit_s: Annotated[int, Option(
        flags=("--request-limit",), kind=SECONDS,
        help="the longest that a single request may run",
    )] = VersionSpec.request_limit_s  # fmt: skip
    slots: Annotated[int, Option(
        flags=("--slots",), kind=SLOTS, help="processes that the model runs in on each machine; auto: one a CPU",
    )] = VersionSpec.slots  # fmt: skip
    on: Annotated[str, Option(
        flags=("--on",), metavar="PROVIDER", help="the provider it runs on",
    )] = VersionSpec.on  # fmt: skip
    enforce: Annotated[bool, Option(
        flags=("--enforce",), kind=FLAG, help="hold it to its machine's memory",
    )] = VersionSpec.enforce  # fmt: skip
    isolate: Annotated[bool, Option(
        flags=("--isolate",), kind=FLAG,
        help="keep it from the files and processes of the computer it runs on (needs bubblewrap there)",
    )] = VersionSpec.isolate  # fmt: skip
    wait: Annotated[bool, Option(
        flags=("--no-wait",), kind=FLAG, help="do not wait until it serves: return once it is on its way",
    )] = True  # fmt: skip
    replace: Annotated[bool, Option(
        flags=("--replace",), kind=FLAG,
        help="take the name from another notebook, or change what its callers send",
    )] = False  # fmt: skip
    secrets: Annotated[Mapping[str, str] | Sequence[str], Option(
        flags=("--secret",), kind=SECRETS, many=True,
        help="environment variables that the model gets; one that is not set here is asked for, never shown",
    )] = field(default=(), repr=False)  # fmt: skip
    note: Mapping[str, str] = field(default_factory=dict)
    """Facts for people, such as the function's name; never a value of the user's."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.machines()

    def named(self, wanted: str) -> Deployment:
        """Return it with a name, the nearest to the one wanted if it has none."""
        return self if self.name else replace(self, name=suggested_name(wanted))

    def machines(self) -> MachineConfig:
        """Return the machines; without any, the default one stands in. Raises ``BadMachine``."""
        if self.machine is None or isinstance(self.machine, str):
            standby = self.machine or DEFAULT_MACHINE
            return machine_config({"standby": standby, "cooling": self.cooling} if self.cooling else standby)
        return machine_config(
            {**self.machine, "cooling": self.cooling} if self.cooling else self.machine  # type: ignore[arg-type]
        )

    def spec(self, *, bundle: str, python: str, secrets: str, about: str) -> VersionSpec:
        """Return the version that a packed repo becomes, its requirements not yet resolved."""
        return VersionSpec(
            bundle=bundle,
            lock="",
            python=python,
            machines=self.machines(),
            cool_down_period_s=self.cool_down,
            request_limit_s=self.request_limit_s,
            slots=self.slots,
            on=self.on,
            enforce=self.enforce,
            isolate=self.isolate,
            description=self.description,
            note=dict(self.note),
            secrets=secrets,
            about=about,
        )

    def request(self, job_id: str, spec: VersionSpec, client_ids: Sequence[str]) -> DeployRequest:
        """Return the message that starts the job."""
        return DeployRequest(
            job_id=job_id,
            model_name=self.model_name,
            spec=spec,
            client_ids=tuple(client_ids),
            wait_request_s=self.wait_request_s,
            limits=self.limits(),
            terms=self._first_terms(),
        )

    def _first_terms(self) -> Terms | None:
        said = self.terms()
        return None if said is None else updated_terms(Terms(), said, ())

    def update(self, version_id: str, spec: VersionSpec) -> VersionRequest:
        """Return the message that brings up a new version of a job."""
        return VersionRequest(version_id=version_id, spec=spec, limits=self.limits(), terms=self.terms())

    @property
    def model_name(self) -> str:
        """The API's name; ``BadRequest`` without one."""
        if not self.name:
            raise BadRequest("the API has no name", fix="write name='iris'")
        return self.name
