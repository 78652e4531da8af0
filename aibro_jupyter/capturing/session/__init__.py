"""What the kernel holds: cells, sources, names, imports, settings."""
