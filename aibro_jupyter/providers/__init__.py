"""Where instances run: providers of machines, behind one contract."""
