"""From a live function in a notebook to a readable aibro_repo that proves itself."""
