"""What is kept: rows, bills, bundles and secrets, with one writer."""
