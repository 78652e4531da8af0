"""How a function is captured before it is deployed, or instead of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from aibro_jupyter import capturing
from aibro_jupyter.capturing import Capture
from aibro_jupyter.client.arguments import CALLED, DIMENSIONS, GLOBS, NAMESPACE, PLACE, SECRET_VALUES, SEVERAL, checked
from aibro_jupyter.client.kinds import EXPRESSION, FLAG, TEXT
from aibro_jupyter.client.option import Option
from aibro_jupyter.client.secrets import kept
from aibro_jupyter.views.watch import Watched

capture = checked(
    fn=CALLED, out=PLACE, samples=SEVERAL, name=TEXT, namespace=NAMESPACE, on_step=CALLED, secrets=SECRET_VALUES,
    allow_net=FLAG, allow_large=FLAG, verify=TEXT, files=GLOBS, free=DIMENSIONS,
)(capturing.capture)  # fmt: skip
"""``capturing.capture`` for people: what cannot be is told before anything is done."""


@dataclass(frozen=True, kw_only=True)
class CaptureOptions:
    """How a function is captured; ``capture`` checks them."""

    sample: Annotated[Any, Option(
        flags=("--sample",), kind=EXPRESSION, label="sample", otherwise="the function's last call",
        help="an input to prove it with, such as X[:5]",
    )] = None  # fmt: skip
    samples: Sequence[Any] | None = None
    """More inputs to prove it with."""
    out: Annotated[str | Path, Option(
        flags=("--out",), kind=TEXT, metavar="FOLDER", help="where the repo is written",
    )] = "aibro_repo"  # fmt: skip
    allow_net: Annotated[bool, Option(
        flags=("--allow-net",), kind=FLAG, help="the proof may reach the network",
    )] = False  # fmt: skip
    allow_large: Annotated[bool, Option(
        flags=("--allow-large",), kind=FLAG, help="take values along over 500 MB, or over 2 GB together",
    )] = False  # fmt: skip
    verify: Annotated[str, Option(
        flags=("--verify",), kind=TEXT, choices=("venv",),
        help="venv: prove it again with requirements.txt alone installed",
    )] = ""  # fmt: skip
    files: Annotated[str | Sequence[str], Option(
        flags=("--file",), kind=GLOBS, many=True, otherwise="those that its code names",
        help="files that come along too, such as 'lang/*.json'",
    )] = ()  # fmt: skip
    free: Annotated[str | Sequence[str], Option(
        flags=("--free",), kind=DIMENSIONS, many=True, otherwise="those that the function is seen to take",
        help="dimensions of an array that may have any size, such as 0,2",
    )] = ()  # fmt: skip
    namespace: dict[str, Any] | None = None
    """The notebook's names; None: the function's own."""
    expression: str = ""
    """The sample as it was typed."""


def captured(
    fn: Callable[..., Any], name: str | None, how: CaptureOptions, secrets: Mapping[str, str], look: Watched
) -> Capture:
    """Write and prove a function's repo; the proof has the secrets given and those that the job of that name has."""
    known = kept(name or str(getattr(fn, "__name__", "")))
    return capture(
        fn, str(how.out), how.sample, how.samples, name, namespace=how.namespace, on_step=look.step,
        secrets=known | dict(secrets), allow_net=how.allow_net, allow_large=how.allow_large, verify=how.verify,
        files=how.files, free=how.free,
    )  # fmt: skip
