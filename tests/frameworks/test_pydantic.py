from __future__ import annotations

from tests.capturing.kernel import Kernel

CELL = """
from pydantic import BaseModel

class Flat(BaseModel):
    rooms: int
    tags: list[str] = []

class Price(BaseModel):
    value: float
    of: Flat

def price(flat: Flat) -> Price:
    return Price(value=flat.rooms * 100.0, of=flat)
"""


def test_models_are_samples_and_answers(notebook: Kernel) -> None:
    notebook.run(CELL)
    made = notebook.capture("price, sample=Flat(rooms=3)")
    assert made.proved == 1, made.told
    assert "return model(Flat(**data))" in made.predict
    assert made.manifest["expected"] == {"value": 300.0, "of": {"rooms": 3, "tags": []}}
