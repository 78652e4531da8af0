"""How we call uv: with an environment by allow-list, and its complaints cut down to the lines that matter."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from aibro_jupyter.envs.pipconfig import pip_settings
from aibro_jupyter.errors import BadRequirements

_PASSED = frozenset(
    """
    PATH HOME USER LANG TZ TMPDIR NETRC XDG_CACHE_HOME XDG_CONFIG_HOME LD_LIBRARY_PATH
    CC CXX CFLAGS CXXFLAGS LDFLAGS CPATH LIBRARY_PATH PKG_CONFIG_PATH CUDA_HOME MACOSX_DEPLOYMENT_TARGET
    HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy
    UV_DEFAULT_INDEX UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_INDEX_STRATEGY UV_INSECURE_HOST
    UV_KEYRING_PROVIDER UV_CACHE_DIR UV_CONFIG_FILE UV_NO_CONFIG UV_OFFLINE UV_EXCLUDE_NEWER UV_TORCH_BACKEND
    UV_HTTP_TIMEOUT UV_HTTP_RETRIES UV_NATIVE_TLS UV_SYSTEM_CERTS
    """.split()  # noqa: SIM905 - one word a variable reads better than sixty quotes
)
_PASSED_PREFIXES = ("LC_", "SSL_CERT_", "UV_CONCURRENT_")
_TRANSLATED = {
    "index-url": "UV_INDEX_URL",
    "extra-index-url": "UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "client-cert": "SSL_CLIENT_CERT",
}
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")
_MISSING = re.compile(
    r"[Bb]ecause ([A-Za-z0-9._-]+) was not found in the (?:package registry|provided package locations)"
)
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_OFFLINE = re.compile(
    r"error sending request|dns error|failed to fetch|could not connect|connection refused|network (is )?unreachable"
    r"|timed out|network connectivity is disabled|failed to lookup address",
    re.IGNORECASE,
)
_TRACE = re.compile(
    r"^[ \t│]*(File \".*\n(?![ \t│]*File \").*\n([ \t│]*[\^~]+[ \t]*\n)?|Traceback .*\n|\[std(err|out)\][ \t]*\n)", re.M
)
_CHATTER = ("Using Python", "Resolved ", "Prepared ", "Downloading ", "Building ", "warning:")
_PATH = re.compile(r"(?<![\w:/.])(/[\w.+@-]+){2,}/([\w.+@-]+)")
_HEAD, _TAIL = 4, 12
"""Chosen: uv says what failed first and why last."""


@dataclass(frozen=True, kw_only=True)
class UvRun:
    """How a run of uv ended."""

    ok: bool
    out: str
    err: str

    @property
    def offline(self) -> bool:
        """Whether it failed because the package registry was out of reach."""
        return not self.ok and bool(_OFFLINE.search(self.err)) and "HTTP status" not in self.err

    @property
    def why(self) -> str:
        """The lines of its complaint that matter, at most 16, without paths of this machine."""
        # A build's own traceback says nothing to whoever listed the package; nor does advice on packaging it.
        told = _TRACE.sub("", _ANSI.sub("", self.err).partition("hint: This error likely")[0])
        lines = [line.strip(" \t×╰─▶├│") for line in told.splitlines()]
        matter = [line for line in lines if line and not line.startswith(_CHATTER)]
        kept = matter if len(matter) <= _HEAD + _TAIL else [*matter[:_HEAD], "…", *matter[-_TAIL:]]
        return _PATH.sub(r"\2", _CREDENTIALS.sub("", "\n".join(kept)))

    def refusal(self, python: str) -> BadRequirements:
        """Return the failure as what a person should read."""
        if self.offline:
            return BadRequirements(
                "the package registry is out of reach",
                fix="check the network, HTTPS_PROXY, SSL_CERT_FILE and UV_INDEX_URL of the backend",
                details=self.why,
            )
        if "Hash mismatch" in self.err:
            return BadRequirements(
                "a package is not the file that requirements.txt pins by its hash",
                fix="find out whose file that was, then correct the hash or take it out",
                details=self.why,
            )
        if "Failed to build" in self.err:
            return BadRequirements(
                "a package of requirements.txt cannot be built here",
                fix=f"take a version with a ready wheel for Python {python}, or name another Python in runtime.txt",
                details=self.why,
            )
        if missing := _MISSING.findall(self.why):
            names = ", ".join(dict.fromkeys(missing))
            return BadRequirements(
                f"the requirements cannot be met: {names} is in no package index that this machine asks",
                fix="a private index set up for pip (index-url, extra-index-url) is asked too; what only conda has is "
                "replaced by a package from an index, or its code is put beside the notebook",
                details=self.why,
            )
        return BadRequirements(
            "the requirements cannot be met",
            fix="ask for versions that an index has and that go together, as these lines say: in requirements.txt, "
            "or by installing them in the notebook",
            details=self.why,
        )


def uv_environment(surroundings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment uv gets: what finds packages and compilers, none of the user's secrets.

    pip's own settings for indexes, find-links and certificates are translated, for uv reads neither its variables nor
    its configuration files. As with pip, the best version of all indexes is taken then.
    """
    given = os.environ if surroundings is None else surroundings
    chosen = {name: value for name, value in given.items() if name in _PASSED or name.startswith(_PASSED_PREFIXES)}
    pip = pip_settings(given)
    for theirs, ours in _TRANSLATED.items():
        value = given.get(f"PIP_{theirs.upper().replace('-', '_')}") or pip.get(theirs)
        if value and ours not in chosen:
            chosen[ours] = ("," if ours == "UV_FIND_LINKS" else " ").join(value.split())
            if ours == "UV_EXTRA_INDEX_URL":
                chosen.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    own = given.get("PIP_CERT") or pip.get("cert")
    certificate = own or next((given[name] for name in _CERTIFICATES if given.get(name)), None)
    if certificate and "SSL_CERT_FILE" not in chosen:
        chosen["SSL_CERT_FILE"] = certificate
    return chosen | {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}


def run_uv(
    arguments: Sequence[str],
    *,
    cwd: Path,
    stdin: str = "",
    keep_open: Sequence[int] = (),
    on_line: Callable[[str], None] | None = None,
) -> UvRun:
    """Run uv to its end and return how it went; ``on_line`` gets each line of its story (stderr) as it comes.

    ``keep_open`` are file descriptors uv holds too: a lock among them stays held for as long as uv works, even when
    we are killed. An exception here, such as an interrupt, ends uv before it travels on.
    """
    process = subprocess.Popen(
        [find_uv_bin(), *arguments],
        cwd=cwd,
        env=uv_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=tuple(keep_open),
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    with process:
        try:
            return _followed(process, stdin, on_line)
        except BaseException:
            process.kill()
            raise


def _followed(process: subprocess.Popen[str], stdin: str, on_line: Callable[[str], None] | None) -> UvRun:
    if on_line is None:
        out, err = process.communicate(stdin)
        return UvRun(ok=process.returncode == 0, out=out, err=err)
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise AssertionError("all three are pipes")
    process.stdin.write(stdin)
    process.stdin.close()
    lines = []
    for line in process.stderr:
        lines.append(line)
        on_line(_ANSI.sub("", line).strip())
    out = process.stdout.read()
    return UvRun(ok=process.wait() == 0, out=out, err="".join(lines))
