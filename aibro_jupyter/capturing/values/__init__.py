"""How a live value is written down: as an expression, a file, or a refusal."""
