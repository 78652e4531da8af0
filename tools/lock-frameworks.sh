#!/bin/sh
# Resolves requirements-frameworks.lock. PyTorch's version is the one that lies where pip is told to look, if any;
# its local tag (+cpu) is left out, so that any build of it fits.
set -eu
: "${BIN:=.venv/bin}"
links=$("$BIN/python" -m pip config list | sed -n "s/^[^=]*find-links='\(.*\)'\$/\1/p" | head -n 1)
if [ -n "$links" ]; then
    export UV_FIND_LINKS="$links"
fi
torch=$(sed -n 's/^torch==\([0-9.]*\).*/\1/p' requirements-frameworks.lock)
echo "torch==${TORCH:-$torch}" >.venv/torch.txt
"$BIN/uv" pip compile --quiet --upgrade --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate \
    --custom-compile-command 'make lock-frameworks' --constraint .venv/torch.txt \
    --output-file requirements-frameworks.lock requirements-frameworks.in pyproject.toml
sed -i.old 's/+cpu$//' requirements-frameworks.lock
rm requirements-frameworks.lock.old
