"""How values and files cross to and from a model, and what runs below it, for both sides of the wire.

Standard library only, Python 3.9 and newer: a slot loads it into the model's own environment, beside whatever is there.
"""
