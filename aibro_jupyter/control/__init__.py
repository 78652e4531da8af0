"""The control process: the only writer of the database, and the only one who decides."""
