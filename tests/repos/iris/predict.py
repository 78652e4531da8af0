import json

import joblib


def load_model():
    return joblib.load("model/iris.joblib")


def run(model):
    with open("./data/data.json") as file:
        flowers = json.load(file)["data"]
    species = model.predict(flowers)
    return {"species": species, "probability": model.predict_proba(flowers).max(axis=1), "count": species.size}
