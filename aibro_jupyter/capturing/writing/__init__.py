"""A capture becomes files: sources, requirements, the folder that is swapped in."""
