"""One card, rendered three ways; and the keys of --json, which scripts hold on to."""

from __future__ import annotations

import json

import pytest

from aibro_jupyter.protocol import Allowance, BudgetView, DrillView, LogsView, MachineView, Terms
from aibro_jupyter.views import Note, View
from aibro_jupyter.views.budget import BudgetCard
from aibro_jupyter.views.capture import CaptureView
from aibro_jupyter.views.card import (
    Action,
    Bar,
    Card,
    Code,
    Figure,
    Head,
    Lines,
    Link,
    Remark,
    Table,
    Tone,
    Unit,
    row,
    took,
    usd,
)
from aibro_jupyter.views.clients import ClientList
from aibro_jupyter.views.data import data
from aibro_jupyter.views.drill import Calls, DrillReport
from aibro_jupyter.views.history import EventList, LogLines
from aibro_jupyter.views.jobs import StatusList
from aibro_jupyter.views.lists import Check, DoctorReport, MachineTable
from aibro_jupyter.views.markup import html
from aibro_jupyter.views.terms import TermsCard
from aibro_jupyter.views.text import text
from tests.surface.samples import CAPTURED, CLIENT, CLIENT_URL, deployed, job, status

CARD = Card(
    head=Head(parts=("it is live",), tone=Tone.OK, aside=took(6.2), address=Code("http://h/x", button=True)),
    body=(
        row("money", usd(500_000), " so far", Link("see it", "a b.py")),
        row("", "look at it", tone=Tone.WARN),
        row("a long label", "broke", tone=Tone.FAIL),
        Table(head=("what", "cost", ""), rows=(("one", usd(5_000), Bar(0.5)), ("another", usd(12_000_000), Bar(1.0)))),
        Remark(text="aside", tone=Tone.QUIET),
        Lines(lines=(("+ <new>", Tone.OK), ("  as it was", Tone.NONE))),
    ),
    actions=(Action(text="wait"), Action(command="%aibro status", text="shows more")),
    facts={"took_s": took(6.23456), "bytes": Figure(1200, Unit.BYTES), "more": [{"spent_micros": usd(500_000)}]},
)


def test_a_card_as_text() -> None:
    assert text(CARD).splitlines() == [
        "✓ it is live   6.2 s",
        "  http://h/x",
        "  money         $0.50 so far",
        "                ! look at it",
        "  a long label  ✗ broke",
        "  what        cost",
        "  one      $0.0050  ██████████████",
        "  another   $12.00  ████████████████████████████",
        "  aside",
        "+ <new>",
        "  as it was",
        "  next          wait · `%aibro status` shows more",
    ]


def test_a_card_as_html_says_the_same_and_shows_its_tones_in_the_themes_colours() -> None:
    shown = html(CARD)
    for said in ("✓ it is live", "6.2 s", "! look at it", "✗ broke", "shows more", "+ &lt;new&gt;", "see it"):
        assert said in shown
    for colour in ("success", "warn", "error"):
        assert f"var(--jp-{colour}-color1" in shown
    assert 'href="a%20b.py"' in shown
    assert 'data-text="http://h/x"' in shown
    assert 'role="img" aria-label="50 %"' in shown
    assert shown.count("text-align:right") == 3


def test_a_card_as_data_holds_numbers() -> None:
    assert data(CARD) == {"took_s": 6.2346, "bytes": 1200, "more": [{"spent_micros": 500_000}]}


def test_the_command_that_a_capture_proposes_names_the_function() -> None:
    assert "`%aibro deploy predict` makes it an API" in CaptureView(captured=CAPTURED, what="predict", took_s=1).text()


def test_a_tone_is_never_a_label() -> None:
    used = BudgetView(per_day_micros=5, stop_micros=None, today_micros=4, spent_micros=4, state="near")
    warned = job(warnings=("w",), budget=used)
    for view in (
        StatusList(status=status(warned)),
        deployed(job=warned),
        CaptureView(captured=CAPTURED, what="predict", took_s=1),
        BudgetCard(whose="iris", budget=used),
    ):
        rows = [one for card in (view.card(), *view.card().body) for one in getattr(card, "body", ())]
        assert [one for one in rows if getattr(one, "tone", "") == Tone.WARN]
        assert "!" not in {getattr(one, "label", "") for one in rows}


MACHINE = MachineView(
    machine_id="c5.large.od",
    vcpus=2,
    memory_mib=4096,
    gpu="",
    micros_per_hour=85_000,
    availability="100 %",
    region="us-east-1",
    source="",
    as_of="2026",
)
DRILL = DrillReport(
    model_name="iris",
    role="standby",
    drill=DrillView(instance_id="ins_1", kind="kill", at=1.0),
    calls=Calls(sent=2, answered=1, failures=("500",), slowest_s=0.12345, median_s=0.1, by={"standby": 1}),
    replaced_s=None,
)
KEYS = {
    "deploy": (
        deployed(),
        "change clients input_changes job_id model_name public reach status substatus took_s url version warnings",
    ),
    "capture": (
        CaptureView(captured=CAPTURED, what="predict", took_s=1.0),
        "function functions measures models packages path proof suggestion took_s warnings",
    ),
    "status": (
        StatusList(status=status(job())),
        "as_of budget gateway_url jobs parents parked protocol python reach rev unknown username version warnings",
    ),
    "clients": (
        ClientList(model_name="iris", client_ids=(CLIENT,), urls=(CLIENT_URL,), public=False),
        "clients model_name public urls",
    ),
    "budget": (BudgetCard(whose="iris", budget=None), "budget whose"),
    "terms": (TermsCard(whose="iris", terms=Terms(own={CLIENT: Allowance(at_once=1)})), "terms whose"),
    "drill": (
        DRILL,
        "answered by drill failed failures median_s model_name passed replaced_s role sent slowest_s wakes",
    ),
    "events": (EventList(events=()), "events wakes"),
    "logs": (LogLines(logs=LogsView(job_id="inf_1", lines=()), model_name="iris"), "cursor job_id lines"),
    "doctor": (DoctorReport(checks=(Check(name="a", state="ok", found="b"),)), "checks healthy"),
    "note": (Note(body="x"), "text"),
}


@pytest.mark.parametrize(("view", "keys"), KEYS.values(), ids=KEYS.keys())
def test_the_keys_of_json_stay(view: View, keys: str) -> None:
    assert json.loads(json.dumps(view.data())).keys() == set(keys.split())


def test_a_status_narrowed_to_a_job_holds_that_job_alone() -> None:
    both = status(job(), job(job_id="inf_2", model_name="other"))
    assert [one["model_name"] for one in StatusList(status=both, only="other").data()["jobs"]] == ["other"]


def test_machines_are_a_list_with_every_field() -> None:
    (line,) = MachineTable(machines=(MACHINE,)).data()
    assert line["micros_per_hour"] == 85_000
    assert "4 GiB  $0.085/h  $62/month" in MachineTable(machines=(MACHINE,)).text()
