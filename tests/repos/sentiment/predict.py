import json
from pathlib import Path

from words import tokens

here = Path(__file__).resolve().parent


def load_model():
    return json.loads((here / "model" / "weights.json").read_text())


def run(model):
    text = Path("./data/data.txt").read_text()
    found = tokens(text)
    score = sum(model["words"].get(word, 0.0) for word in found)
    return {"sentiment": "good" if score > model["threshold"] else "bad", "score": round(score, 3), "words": len(found)}
