"""The main job, headless and real: run the quickstart notebook, call its API with plain curl, end it, leave nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "quickstart.ipynb"
AIBRO = Path(sys.executable).with_name("aibro")


def main() -> int:
    """Run the demo in a home of its own and return the exit code."""
    with tempfile.TemporaryDirectory(prefix="aibro-demo-") as folder:
        home = Path(folder) / "home"
        os.environ["AIBRO_HOME"] = str(home)
        try:
            run(NOTEBOOK, Path(folder))
        finally:
            say("aibro down", aibro("down").strip())
        left = processes_of(home)
    if left:
        print(f"left behind: {left}", file=sys.stderr)
        return 1
    say("processes left behind", "none")
    return 0


def run(notebook: Path, folder: Path) -> None:
    """Execute the notebook cell by cell; before its cell tagged ``complete``, call the API from outside."""
    content = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        content,
        timeout=600,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=40"],
        resources={"metadata": {"path": str(folder)}},
    )
    if not any("complete" in cell.metadata.get("tags", []) for cell in content.cells):
        raise SystemExit(f"no cell of {notebook.name} is tagged 'complete': nothing to call from outside")
    print(f"running {notebook.relative_to(ROOT)} headless")
    with client.setup_kernel():
        for index, cell in enumerate(content.cells):
            if "complete" in cell.metadata.get("tags", []):
                call_from_outside()
            client.execute_cell(cell, index)
    statuses = [(job["model_name"], job["status"]) for job in json.loads(aibro("status", "--json"))["jobs"]]
    say("after complete", ", ".join(f"{name} {status}" for name, status in statuses))


def call_from_outside() -> None:
    """Print the URL, what curl gets from it, who answered, and the money so far."""
    job = json.loads(aibro("status", "--json"))["jobs"][0]
    url = json.loads(aibro("clients", job["model_name"], "--json"))["urls"][0]
    say("API URL", url)
    flower = {"sepal length (cm)": 6.3, "sepal width (cm)": 3.3, "petal length (cm)": 6.0, "petal width (cm)": 2.5}
    body = json.dumps([flower])
    answer = subprocess.run(
        ["curl", "-sS", "--fail-with-body", "-D", "-", "-d", body, url], check=True, capture_output=True, text=True
    ).stdout
    headers, _, prediction = answer.replace("\r\n", "\n").partition("\n\n")
    served_by = next(line for line in headers.splitlines() if line.lower().startswith("x-aibro-served-by"))
    say(f"curl URL -d '{body}'", prediction.strip())
    say("served by", served_by.partition(":")[2].strip())
    say("cost so far", aibro("cost", job["model_name"]).strip())


def aibro(*words: str) -> str:
    """Return what the command line says; its errors end the demo."""
    return subprocess.run([AIBRO, *words], check=True, capture_output=True, text=True).stdout


def say(what: str, text: str) -> None:
    """Print a labelled answer."""
    print(f"\n{what}\n  " + text.replace("\n", "\n  "), flush=True)


def processes_of(home: Path) -> list[str]:
    """Return the living processes that belong to that home."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "environ"]):
        told = [*(process.info["cmdline"] or []), (process.info["environ"] or {}).get("AIBRO_HOME", "")]
        if process.info["pid"] != os.getpid() and any(str(home) in word for word in told):
            found.append(f"{process.info['pid']} {' '.join(process.info['cmdline'] or [])[:120]}")
    return found


if __name__ == "__main__":
    sys.exit(main())
