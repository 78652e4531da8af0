"""A deployed function given back as a function: what it was called, what it takes, what it returns."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pandas
import pytest

import aibro_jupyter
from aibro_jupyter.client.about import LONGEST_SAMPLE, about
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.client.use import Remote, use
from aibro_jupyter.errors import PredictFailed
from aibro_jupyter.home import Home
from aibro_jupyter.job import Job

PREDICT = '''
import pandas


def double(X: pandas.DataFrame, times: int = 2, *, label="twice {x}") -> pandas.DataFrame:
    """Multiply a table.

    More of it.
    """
    return X * times


def load_model():
    return None


def run(model, data):
    return double(data["X"], data.get("times", 2))
'''
MANIFEST = {
    "format": 1,
    "function": "double",
    "input": {
        "whole": False,
        "parameters": [
            {"name": "X", "kind": "dataframe", "columns": [{"name": "a", "dtype": "int64"}]},
            {"name": "times", "kind": "json"},
        ],
    },
}
CLIENT = "ana-7f3a9c0b7d21e4f6"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "aibro_repo"
    for folder in ("model", "data"):
        (root / folder).mkdir(parents=True)
    (root / "predict.py").write_text(PREDICT)
    (root / "aibro.json").write_text(json.dumps(MANIFEST))
    (root / "data" / "data.json").write_text('{"X": [{"a": 1}], "times": 2}')
    (root / "requirements.txt").write_text("pandas\n")
    return root


def test_a_repo_tells_what_its_function_is(repo: Path) -> None:
    told = json.loads(about(repo))
    assert told["function"] == "double"
    assert told["doc"] == "Multiply a table.\n\nMore of it."
    assert told["parameters"] == [
        {"name": "X", "annotation": "pandas.DataFrame"},
        {"name": "times", "annotation": "int", "default": "2"},
    ]
    assert told["sample"] == '{"X": [{"a": 1}], "times": 2}'


def test_what_cannot_be_read_is_left_out(repo: Path) -> None:
    (repo / "aibro.json").write_text("[]")
    (repo / "data" / "data.json").write_text("x" * (LONGEST_SAMPLE + 1))
    assert json.loads(about(repo)) == {"format": 1, "function": "run", "doc": ""}
    (repo / "predict.py").write_bytes(b"\xff(")
    assert json.loads(about(repo))["doc"] == ""


def test_a_colleague_gets_the_function_back(home: Home, repo: Path) -> None:
    deployed = deploy_repo(backend(), repo, Deployment(name="double", client_ids=CLIENT))
    double = aibro_jupyter.use(deployed.urls[0])
    assert str(inspect.signature(double)) == "(X: 'pandas.DataFrame', times: 'int' = 2)"
    assert (double.__name__, inspect.getdoc(double)) == ("double", "Multiply a table.\n\nMore of it.")
    assert CLIENT not in repr(double)

    answer = double(pandas.DataFrame({"a": [1, 2]}), times=3)
    pandas.testing.assert_frame_equal(answer, pandas.DataFrame({"a": [3, 6]}))
    assert double.served_by == "standby"
    assert double.request_id is not None
    assert double.request_id.startswith("req_")
    assert json.loads(double.sample)["times"] == 2
    with pytest.raises(TypeError):
        double(wrong=1)
    with pytest.raises(PredictFailed) as refused:
        use(deployed.urls[0].replace(CLIENT, "bob"))
    assert refused.value.status_code == 404
    assert "bob" not in str(refused.value.message)


def test_defaults_read_as_their_owner_wrote_them() -> None:
    told = {
        "function": "f",
        "parameters": [{"name": "x", "default": "SOME_NAME"}, {"name": "y"}, {"name": "z", "keyword_only": "yes"}],
    }
    assert (
        str(inspect.signature(Remote("http://h/v1/a/public/f/predict", told, timeout_s=1))) == "(x=SOME_NAME, *, y, z)"
    )


def test_nobody_there_is_said_plainly() -> None:
    with pytest.raises(PredictFailed, match="cannot be reached"):
        use("http://127.0.0.1:9/v1/a/public/f/predict")


def test_the_one_parameter_of_a_function_may_be_named(home: Home, repo: Path) -> None:
    (repo / "predict.py").write_text("def load_model(): ...\ndef run(model, data): return data\n")
    (repo / "requirements.txt").write_text("")
    manifest = {"contract": 1, "function": "echo", "input": {"parameters": [{"name": "q", "kind": "json"}]}}
    (repo / "aibro.json").write_text(json.dumps(manifest))
    (repo / "data" / "data.json").write_text("[1]")
    deploy_repo(backend(), repo, Deployment(name="echo", machine="c5.large.od", client_ids=(CLIENT,)))
    echo = Job("echo")
    row = pandas.DataFrame({"a": [1.0], "b": [2.5]}).iloc[0]
    assert echo(row) == echo(q=row) == {"a": 1.0, "b": 2.5}
    assert echo(p=1) == {"p": 1}
