"""One copy of a model: standard library only, run by path in the model's own environment."""
