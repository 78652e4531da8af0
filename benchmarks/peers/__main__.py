"""What a request costs here and elsewhere: ``python -m benchmarks.peers [--seconds 2] [--repeats 3] [--write FILE]``.

Every server gets the same models, one after the other on the same machine; ``wrk`` and ``nginx`` must be there
(``apt-get install wrk nginx``), the environment of the others is made here. Trust the ratios: the machine's other work
and wrk itself share its cores.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from aibro_jupyter.client.ensure import down
from aibro_jupyter.home import Home
from benchmarks.peers.load import Figure, Load, Served
from benchmarks.peers.models import MODELS, ROW
from benchmarks.peers.servers import environment, fastapi, nginx, ours

CALLERS = (1, 16, 64)
BODY = {"data": ROW}
_BARE = """
import json, sys, time
sys.path.insert(0, ".")
from predict import load_model, run
model, body, done, end = load_model(), {body!r}.encode(), 0, time.perf_counter() + {seconds}
while time.perf_counter() < end:
    json.dumps(run(model, json.loads(body))).encode()
    done += 1
print(done / {seconds})
"""


def measured(root: Path, seconds: float, repeats: int) -> Iterator[Figure | tuple[str, float]]:
    """Yield figure after figure; of the bare function its calls a second, by model."""
    load = Load(root, BODY, seconds)
    python = environment(root / "peers", "fastapi", "uvicorn[standard]", "scikit-learn", "joblib")
    home = Home(Path(os.environ["AIBRO_HOME"]))
    with nginx(root, json.dumps(BODY)) as served:
        yield from (load.figure(served, "echo", callers, repeats) for callers in CALLERS)
    for model in MODELS.values():
        repo = model.repo(root / model.name.replace(" ", "_"), python)
        bare = subprocess.run(
            [python, "-c", _BARE.format(body=json.dumps(BODY), seconds=seconds)],
            cwd=repo, capture_output=True, text=True, check=True,
        )  # fmt: skip
        yield model.name, float(bare.stdout)
        servers: list[Callable[[], AbstractContextManager[Served]]] = [
            *(partial(ours, home, repo, f"m{slots}", slots) for slots in (1, 2)),
            *(partial(fastapi, repo, python, workers) for workers in (1, 2)),
        ]
        for start in servers:
            with start() as served:
                yield from (load.figure(served, model.name, callers, repeats) for callers in CALLERS)


def table(figures: list[Figure], bare: dict[str, float]) -> Iterator[str]:
    """Yield the lines of the tables."""
    yield "| model | callers | server | requests/s | p50 ms | p99 ms | CPU µs a request | of them |"
    yield "| --- | --: | --- | --: | --: | --: | --: | --- |"
    for one in figures:
        parts = ", ".join(f"{part} {spent:.0f}" for part, spent in one.cpu_us.items())
        yield (
            f"| {one.model} | {one.callers} | {one.name} | {one.per_s:,.0f} | {one.p50_ms:.2f} | {one.p99_ms:.2f} "
            f"| {one.whole_us:.0f} | {parts} |"
        )
    yield ""
    yield "The bare function in a loop, JSON included: " + ", ".join(
        f"{name} {per_s:,.0f} a second" for name, per_s in bare.items()
    )


def ratios(figures: list[Figure], bare: dict[str, float]) -> Iterator[str]:
    """Yield each ratio that is aimed at, beside its aim."""
    at = {(one.model, one.name, one.callers): one for one in figures}
    yield "| ratio | measured | aim |"
    yield "| --- | --: | --: |"
    for callers, aim in ((1, 1.5), (16, 2.2)):
        ratio = at["echo", "aibro, 1", callers].cpu_us["gateway"] / at["echo", "nginx", callers].cpu_us["proxy"]
        yield f"| gateway's CPU a request to nginx's, {callers} callers | {ratio:.2f} | at most {aim} |"
    whole = at["echo", "aibro, 1", 16].whole_us / at["echo", "nginx", 16].whole_us
    yield f"| the whole way to both nginx processes, 16 callers | {whole:.2f} | at most 4 |"
    for count, aim in ((1, 4.0), (2, 2.5)):
        ratio = at["echo", f"aibro, {count}", 16].per_s / at["echo", f"FastAPI, {count}", 16].per_s
        yield f"| echo: requests/s to FastAPI's, {count} to {count}, 16 callers | {ratio:.2f} | at least {aim} |"
    for count in (1, 2):
        ours_per_s = at["forest", f"aibro, {count}", 16].per_s
        share = ours_per_s / (bare["forest"] * count)
        yield f"| forest: requests/s a slot to the bare function's, {count} slots | {share:.2f} | at least 0.9 |"
        ratio = ours_per_s / at["forest", f"FastAPI, {count}", 16].per_s
        yield f"| forest: requests/s to FastAPI's, {count} to {count} | {ratio:.2f} | more than 1 |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write", type=Path, help="a file that the tables are written to as well")
    options = parser.parse_args()
    for tool in ("wrk", "nginx", "uv"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is missing: apt-get install wrk nginx; pip install uv")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    figures: list[Figure] = []
    bare: dict[str, float] = {}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="peers-") as temporary:
        os.environ["AIBRO_HOME"] = str(Path(temporary) / "home")
        try:
            for found in measured(Path(temporary), options.seconds, options.repeats):
                if isinstance(found, Figure):
                    figures.append(found)
                    print(found, flush=True)
                else:
                    bare[found[0]] = found[1]
        finally:
            down()
    lines = [*ratios(figures, bare), "", *table(figures, bare)]
    print(*lines, f"\n{time.monotonic() - began:.0f} s in all", sep="\n")
    if options.write:
        options.write.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
