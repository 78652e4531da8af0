"""Every way things go wrong, as facts: a stable code, an HTTP status, what happened and what to do about it."""

from __future__ import annotations

import re
from typing import ClassVar

DETAIL_LINES = 3
"""Of a longer story a person reads this many lines; ``details`` has them all."""
_OWN_FRAME = re.compile(r'\s*File "[^/<]')
"""A traceback's frame in the model's own repo, whose paths are relative."""


class AibroError(Exception):
    """Something a person should read.

    ``message`` says what happened in one line, ``fix`` what to do about it (may be empty), ``details`` the
    lines that matter of a longer story, such as a traceback or the output of an installer.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, fix: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.details = details

    def __str__(self) -> str:
        return f"{self.message}\n  {self.fix}" if self.fix else self.message

    def story(self) -> list[str]:
        """Return what a person reads, at most five lines: what happened, the details that matter, what to do."""
        said = [line for line in self.details.splitlines() if line.strip()]
        details = [
            line for line in self._most_telling(said) if line.strip().partition(". Fix: ")[0] not in self.message
        ]
        explain = f"`%aibro explain {self.code}` says more"
        fix = f"{self.fix} · {explain}" if self.fix else explain
        return [self.message, *(f"  {line}" for line in details), f"  {fix}"]

    def _most_telling(self, details: list[str]) -> list[str]:
        """Return the user's own line of a traceback and how it ended; of anything else the last lines."""
        own = [number for number, line in enumerate(details) if _OWN_FRAME.match(line)]
        if own and len(details) > DETAIL_LINES:
            return [*details[own[-1] : own[-1] + 2], details[-1]]
        return details[-DETAIL_LINES:]

    def _render_traceback_(self) -> list[str]:
        """Tell IPython what to show instead of a traceback through our code."""
        first, *rest = self.story()
        return [f"✗ {first}", *rest]


class BadRequest(AibroError):
    """The caller asked for something that cannot be."""

    code, status = "bad-request", 400


class BadName(BadRequest):
    """A model name or a username that cannot stand in a URL."""

    code = "bad-name"


class BadClientId(BadRequest):
    """A client id that cannot stand in a URL, or that means something else there."""

    code = "bad-client-id"


class DuplicateClients(BadRequest):
    """A client id that is already there, or that came twice: the whole update is canceled."""

    code = "duplicate-clients"


class WouldBecomePublic(BadRequest):
    """Removing the last client id would open the API to everybody."""

    code = "would-become-public"


class BadMachine(BadRequest):
    """A machine configuration that the reference does not allow, or a machine nobody knows."""

    code = "bad-machine"


class BadRepo(BadRequest):
    """A model repo whose structure or content does not fit."""

    code = "bad-repo"


class BadBundle(BadRequest):
    """An archive that is not what its digest says, or that holds what it may not."""

    code = "bad-bundle"


class TooLarge(AibroError):
    """More bytes, files or requests than the limit allows."""

    code, status = "too-large", 413


class BadRequirements(AibroError):
    """Requirements that cannot be resolved or installed; ``details`` has the installer's lines that matter."""

    code, status = "bad-requirements", 422


class NoInterpreter(AibroError):
    """No Python of the wanted minor version on this machine."""

    code, status = "no-interpreter", 422


class Unauthorized(AibroError):
    """No token, or a wrong one."""

    code, status = "unauthorized", 401


class WrongHost(AibroError):
    """A Host header that is not on the allow-list: the request may come from a web page."""

    code, status = "wrong-host", 403


class NotFound(AibroError):
    """Nothing lives at that address."""

    code, status = "not-found", 404


class NoSuchJob(NotFound):
    """No job has that id, or no active job has that model name."""

    code = "no-such-job"


class NameTaken(AibroError):
    """An active job already has that model name."""

    code, status = "name-taken", 409


class JobEnded(AibroError):
    """The job was canceled or completed before."""

    code, status = "job-ended", 409


class NoEarlierVersion(AibroError):
    """There is no version to go back to."""

    code, status = "no-earlier-version", 409


class NothingToDrill(AibroError):
    """No instance of the job can be broken in the way that was asked for."""

    code, status = "nothing-to-drill", 409


class VersionSkew(AibroError):
    """Client and backend speak different protocols."""

    code, status = "version-skew", 409


class NotConfirmed(AibroError):
    """Written, but a gateway did not confirm in time that it acts on it."""

    code, status = "not-confirmed", 504


class BackendDown(AibroError):
    """No backend answers."""

    code, status = "backend-down", 503


class PortTaken(AibroError):
    """The gateway's port belongs to another program."""

    code, status = "port-taken", 503


class NoSpace(AibroError):
    """The disk is full or cannot be written to; nothing was changed."""

    code, status = "no-space", 507


class LaunchRefused(AibroError):
    """A provider will not or cannot start the machine; ``reason`` is capacity, quota, denied or invalid."""

    code, status = "launch-refused", 503

    def __init__(self, message: str, *, reason: str = "invalid", fix: str = "", details: str = "") -> None:
        super().__init__(message, fix=fix, details=details)
        self.reason = reason


class IllegalMove(AibroError):
    """A change of phase that the status table does not allow."""

    code, status = "illegal-move", 500


class DryrunFailed(AibroError):
    """The model repo did not answer its own sample in a fresh process."""

    code, status = "dryrun-failed", 422


class SlotFailed(AibroError):
    """A model's process did not come up, died or was ended; ``details`` has the traceback or the last of its log.

    ``stage`` is start, import, load, predict or time-limit; ``kind`` the type of the model's own exception, if any.
    """

    code, status = "slot-failed", 422

    def __init__(self, message: str, *, stage: str = "start", kind: str = "", fix: str = "", details: str = "") -> None:
        super().__init__(message, fix=fix, details=details)
        self.stage = stage
        self.kind = kind


class CaptureError(AibroError):
    """A function that cannot be captured; ``details`` has one culprit a line: variable, cell, reason, fix."""

    code, status = "capture-refused", 422

    def _most_telling(self, details: list[str]) -> list[str]:
        if len(details) <= DETAIL_LINES:
            return details
        shown = DETAIL_LINES - 1
        return [*details[:shown], f"… and {len(details) - shown} more"]


class DeployFailed(AibroError):
    """The job was canceled before it ever served; ``details`` has the traceback that matters."""

    code, status = "deploy-failed", 422


class PredictFailed(AibroError):
    """The API answered with an error; ``status_code`` is its HTTP status."""

    code, status = "predict-failed", 502

    def __init__(self, message: str, *, status_code: int = 502, fix: str = "", details: str = "") -> None:
        super().__init__(message, fix=fix, details=details)
        self.status_code = status_code


def by_code(root: type[AibroError] = AibroError) -> dict[str, type[AibroError]]:
    """Return every kind of error by its code."""
    found = {root.code: root}
    for child in root.__subclasses__():
        found |= by_code(child)
    return found


def error_for(code: str, message: str, *, fix: str = "", details: str = "") -> AibroError:
    """Return the error that a wire message names; an unknown code gives a plain ``AibroError``."""
    return by_code().get(code, AibroError)(message, fix=fix, details=details)
