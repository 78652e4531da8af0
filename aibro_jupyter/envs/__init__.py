"""One virtual environment per resolved lock, built with uv."""
