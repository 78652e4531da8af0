"""What decides: pure functions of a snapshot and the time, without I/O."""
