#!/bin/sh
# Captures with every framework, each in a kernel of its own, in an environment apart from the development one.
set -eu
: "${BIN:=.venv/bin}"
place=.venv-frameworks

# A CPU build of PyTorch may lie where pip is told to look; uv asks for that folder by name.
links=$("$BIN/python" -m pip config list | sed -n "s/^[^=]*find-links='\(.*\)'\$/\1/p" | head -n 1)
if [ -n "$links" ]; then
    export UV_FIND_LINKS="$links"
fi

if [ ! -e "$place/locked" ] || [ requirements-frameworks.lock -nt "$place/locked" ]; then
    "$BIN/uv" venv --quiet --clear --no-python-downloads --python "$BIN/python" "$place"
    "$BIN/uv" pip install --quiet --python "$place/bin/python" --requirement requirements-frameworks.lock
    touch "$place/locked"
fi
"$BIN/uv" pip install --quiet --python "$place/bin/python" --no-deps --reinstall-package aibro_jupyter .

export AIBRO_FRAMEWORKS=1 HF_HUB_OFFLINE=1 TF_CPP_MIN_LOG_LEVEL=3
# pandas 2 and pyarrow live here, so the tables are tested once more.
exec "$place/bin/python" -m pytest --durations=10 tests/capturing/savers/test_tables.py tests/frameworks notebooks/torch.ipynb "$@"
