"""How each kind of value is written to model/ and read back."""
