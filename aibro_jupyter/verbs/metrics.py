"""The verb that tells Prometheus, by way of whoever sets it up, where the backend's metrics are."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.client.token import shared
from aibro_jupyter.home import home
from aibro_jupyter.verbs.command import Command
from aibro_jupyter.verbs.verb import verb
from aibro_jupyter.views import Note, View

_ELSEWHERE = "/etc/prometheus/aibro_metrics_token"


@verb(examples=("metrics",), synonyms=("prometheus", "scrape"), reads_only=True)
def metrics(command: Command) -> View:
    """Show where Prometheus finds metrics, and its configuration for that."""
    del command
    control, here = backend(start=False), shared() is None
    url = f"{control.url}/metrics"
    token_file = str(home().metrics_token_file) if here else _ELSEWHERE
    told = (
        "the user that Prometheus runs as must be able to read that file, or a copy of it"
        if here
        else "that file is a copy of `metrics_token` in the backend's home: whoever runs the backend has it"
    )
    config = _config(url, token_file)
    body = f"scrape {url}\ntoken in {token_file}: {told}\nin prometheus.yml:\n\n{config}"
    return Note(body=body, facts={"url": url, "token_file": token_file, "config": config})


def _config(url: str, token_file: str) -> str:
    """Return what stands in ``prometheus.yml``; a text in JSON is one in YAML."""
    parts = urlsplit(url)
    return "\n".join(
        (
            "scrape_configs:",
            "  - job_name: aibro",
            f"    scheme: {parts.scheme}",
            f"    metrics_path: {json.dumps(parts.path)}",
            "    authorization:",
            f"      credentials_file: {json.dumps(token_file)}",
            "    static_configs:",
            f"      - targets: [{json.dumps(parts.netloc)}]",
        )
    )
