"""One small file for each kind of value that is kept in model/."""
