"""What Tab offers after ``%aibro``: verbs, options, deployed names, machine ids, functions. Never waits long."""

from __future__ import annotations

import inspect
import re
import threading
from collections.abc import Iterable
from typing import Any

from IPython import get_ipython
from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from aibro_jupyter.client.ensure import backend
from aibro_jupyter.errors import AibroError
from aibro_jupyter.machines import Market, catalogue, machine_id
from aibro_jupyter.verbs.tree import DRILLS, options_of, parser, verbs_of

PATIENCE_S = 0.3
MACHINE_OPTIONS = frozenset({"--machine", "--standby", "--machine-id-config", "--cooling"})
NAMES_OF_JOBS = frozenset(
    {"status", "jobs", "complete", "clients", "logs", "cost", "events", "rollback", "limits", "secrets"}
)
_FLAGS = frozenset(
    [
        "--dryrun",
        "--enforce",
        "--no-wait",
        "--reveal",
        "--events",
        "--follow",
        "--no-plot",
        "--none",
        "--at-login",
        "--no-at-login",
    ]
)
_LINE = re.compile(r"\s*%%?aibro\s(?P<rest>.*)$", re.DOTALL)


class DeployedNames:
    """The names of active jobs as last heard; asking goes on behind if it takes longer than a person waits."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._asking: threading.Thread | None = None

    def get(self) -> tuple[str, ...]:
        """Return the names, at the latest after 0.3 seconds."""
        if self._asking is None or not self._asking.is_alive():
            self._asking = threading.Thread(target=self._ask, name="aibro-names", daemon=True)
            self._asking.start()
        self._asking.join(PATIENCE_S)
        return self._names

    def _ask(self) -> None:
        try:
            control = backend(start=False)
            seen = control.status()
            control.close()
        except (AibroError, OSError):
            return
        self._names = tuple(job.model_name for job in seen.jobs if job.outcome is None)


_DEPLOYED = DeployedNames()


def functions(names: dict[str, Any]) -> list[str]:
    """Return the functions that a notebook defined itself."""
    return [
        name
        for name, value in names.items()
        if inspect.isfunction(value) and value.__module__ == "__main__" and not name.startswith("_")
    ]


def offers(line: str, names: dict[str, Any]) -> Iterable[str]:
    """Return all that may stand where the line ends; the caller keeps what fits the token."""
    found = _LINE.match(line)
    if found is None:
        return []
    words = found["rest"].split()
    current = "" if not words or found["rest"][-1:].isspace() else words.pop()
    known = verbs_of(parser("%aibro"))
    if not words:
        return sorted(known)
    if words[0] not in known:
        return []
    if current.startswith("-"):
        return options_of(known[words[0]])
    return _values(words, known, names)


def _values(words: list[str], known: dict[str, Any], names: dict[str, Any]) -> Iterable[str]:
    verb, before = words[0], words[-1]
    if before in MACHINE_OPTIONS:
        return sorted(machine_id(name, Market.ON_DEMAND) for name in catalogue())
    if before == "--sample":
        return sorted(name for name in names if not name.startswith("_"))
    if before.startswith("--") and before not in _FLAGS:
        return _DEPLOYED.get() if before in ("--name", "--model-name") else []
    if verb == "drill" and len(words) == 1:
        return DRILLS
    if verb == "cooling" and len(words) == 2:
        return ("off", "on")
    if verb in NAMES_OF_JOBS or verb in ("drill", "cooling"):
        return _DEPLOYED.get()
    if verb in ("deploy", "capture") and len(words) == 1:
        return functions(names)
    return sorted(known) if verb == "help" else []


@context_matcher()
def matcher(context: CompletionContext) -> SimpleMatcherResult:
    """Complete a line that begins with ``%aibro``; any other line is none of our business."""
    line = context.line_with_cursor
    if _LINE.match(line) is None:
        return {"completions": []}
    shell = get_ipython()
    typed = "" if line[-1:].isspace() else line.split()[-1]
    token = context.token
    # IPython's token may begin after a dash or a dot of ours: offer what is missing from there on.
    done = typed[: len(typed) - len(token)] if typed.endswith(token) else ""
    fits = (offer for offer in offers(line, shell.user_ns if shell else {}) if offer.startswith(typed))
    return {
        "completions": [SimpleCompletion(text=offer[len(done) :], type="param") for offer in fits],
        "suppress": True,
    }
