"""The worker agent: one process per instance, that feeds slots of the model's own environment."""
