"""Writes what follows from the code: the sidebar's words and messages, and pages of the documentation.

``python tools/generate.py`` writes them, ``--check`` only tells whether they are up to date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import commandtables
import typescript
import verbspage
from doctables import table
from reference import errors_page, settings_page

from aibro_jupyter.states import (
    DEPLOYED_EXTENSION,
    INSTANCE_STATUS_MEANING,
    JOB_STATUS_MEANING,
    JOB_SUBSTATUS_MEANING,
    TABLE,
    InstanceStatus,
    PhaseRow,
    instance_substatus,
)

Word = TypeVar("Word", bound=StrEnum)
ROOT = Path(__file__).resolve().parent.parent


def markdown() -> str:
    """Return ``docs/status-table.md``."""
    extension = sorted(status.value for status in DEPLOYED_EXTENSION if status is not InstanceStatus.NONE)
    return (
        "\n\n".join(
            (
                "# The status table",
                "Written by `tools/generate.py` from `aibro_jupyter/states.py`, the one place that knows it.",
                "## Jobs",
                _meanings("Status", JOB_STATUS_MEANING),
                _meanings("Substatus", JOB_SUBSTATUS_MEANING),
                "## Instances",
                _meanings("Status", INSTANCE_STATUS_MEANING),
                "COOLING is derived: the phase is SERVING, the role is cooling, and nothing is in flight. Of a job that"
                " has ended, a cooling instance that still serves is COOLING, and any other that is not down yet is"
                " CLOSING (TERMINATING).",
                "## Phases",
                "What is stored of an instance is its phase; the rest follows. A phase that a provider was *seen* in"
                " (STOPPED, TERMINATED) may follow any other.",
                table(
                    ("Phase", "Job substatus", "Instance status", "Instance substatus", "Billed", "At most", "Next"),
                    map(_phase, TABLE.values()),
                ),
                "The limit of REQUESTING is the job's `wait_request_s`, for the first standby instance alone.",
                f"A DEPLOYED job may also have instances that are {', '.join(extension)}, or only requested: our"
                " extension of the reference's map, for the time in which another instance comes up, sleeps, wakes, is"
                " replaced or closes.",
            )
        )
        + "\n"
    )


def _phase(row: PhaseRow) -> tuple[str, ...]:
    return (
        row.phase.value,
        row.substatus.value if row.substatus else "",
        row.instance_status.value,
        instance_substatus(row.phase, row.instance_status),
        "yes" if row.billed else "no",
        "" if row.limit_s is None else f"{row.limit_s:.0f} s",
        ", ".join(phase.value for phase in TABLE if phase in row.next),
    )


def _meanings(head: str, meanings: Mapping[Word, str]) -> str:
    return table((head, "Meaning"), ((word.value, meaning) for word, meaning in meanings.items()))


GENERATED = {
    ROOT / "labextension" / "src" / "states.ts": typescript.states,
    ROOT / "labextension" / "src" / "wire.ts": typescript.wire,
    ROOT / "labextension" / "src" / "shapes.ts": typescript.shapes,
    ROOT / "labextension" / "src" / "options.ts": commandtables.options,
    ROOT / "labextension" / "src" / "verbs.ts": commandtables.verbs,
    ROOT / "docs" / "status-table.md": markdown,
    ROOT / "docs" / "settings.md": settings_page,
    ROOT / "docs" / "errors.md": errors_page,
    ROOT / "docs" / "verbs.md": verbspage.page,
}


def main() -> int:
    """Write, or check, every generated file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file is out of date")
    check = parser.parse_args().check
    stale = [path for path, content in GENERATED.items() if not path.exists() or path.read_text() != content()]
    for path in stale:
        if check:
            sys.stderr.write(f"{path.relative_to(ROOT)} is out of date: python tools/generate.py\n")
        else:
            path.write_text(GENERATED[path]())
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
