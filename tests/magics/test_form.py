"""The form is made from the options, and what it types is understood."""

from __future__ import annotations

from dataclasses import replace

from IPython.core.interactiveshell import InteractiveShell

from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.option import said
from aibro_jupyter.jupyter.form import DeployForm
from aibro_jupyter.verbs import parsed
from aibro_jupyter.verbs.table import BY_NAME
from aibro_jupyter.views.panel import FormView

TYPED = {
    "sample": "X[:5]",
    "name": "iris",
    "standby": "c5.large.od",
    "cooling": "g4dn.4xlarge.od",
    "sleeps after": "5m",
    "clients": "ana, ben",
    "budget a day": "2.50",
}


def test_what_is_chosen_is_what_is_deployed(ip: InteractiveShell) -> None:
    ip.run_cell("X = [1]\ndef predict(x):\n    return x")
    form = DeployForm(ip, FormView(function="predict"))
    assert form.words() == ["deploy", "predict"]
    fields = {field.description: field for field in form.fields.values()}
    assert list(fields) == [option.label for option in BY_NAME["deploy"].options if option.label] == list(TYPED)
    assert fields["sample"].options == ("X[:5]",)
    assert "c5.large.od" in fields["standby"].options
    assert (fields["standby"].placeholder, fields["sleeps after"].placeholder) == ("c5.large.od", "10m")
    for label, text in TYPED.items():
        fields[label].value = text
    understood = parsed("%aibro", form.words())
    assert (understood.what, understood.sample) == ("predict", "X[:5]")
    assert Deployment(**said(Deployment, understood)) == Deployment(
        name="iris",
        machine="c5.large.od",
        cooling="g4dn.4xlarge.od",
        cool_down=300,
        mint=["ana", "ben"],
        budget_per_day=2.5,
    )
    assert "--cool-down 5m" in form.line.value
    assert "while cooling is awake" in form.line.value


def test_the_form_takes_the_function_it_is_told(ip: InteractiveShell) -> None:
    ip.run_cell("def one(x):\n    return x\ndef two(x):\n    return x")
    view = FormView(function="one")
    assert DeployForm(ip, view).function.value == "one"
    assert DeployForm(ip, replace(view, function="")).function.value == "two"
