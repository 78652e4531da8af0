"""The aibro_repo: its layout, its archive, and its dry run."""
