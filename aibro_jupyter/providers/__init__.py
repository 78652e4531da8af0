"""Places with machines, behind one contract."""
