"""Every way things go wrong, as facts: a stable code, an HTTP status, what happened and what to do about it."""

from __future__ import annotations

from typing import ClassVar


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


class CaptureError(AibroError):
    """A function that cannot be captured; ``details`` has one culprit a line: variable, cell, reason, fix."""

    code, status = "capture-refused", 422


class DeployFailed(AibroError):
    """The job was canceled before it ever served; ``details`` has the traceback that matters."""

    code, status = "deploy-failed", 422


class PredictFailed(AibroError):
    """The API answered with an error; ``status_code`` is its HTTP status."""

    code, status = "predict-failed", 502

    def __init__(self, message: str, *, status_code: int = 502, fix: str = "", details: str = "") -> None:
        super().__init__(message, fix=fix, details=details)
        self.status_code = status_code


def _tree(root: type[AibroError]) -> dict[str, type[AibroError]]:
    found = {root.code: root}
    for child in root.__subclasses__():
        found |= _tree(child)
    return found


def error_for(code: str, message: str, *, fix: str = "", details: str = "") -> AibroError:
    """Return the error that a wire message names; an unknown code gives a plain ``AibroError``."""
    return _tree(AibroError).get(code, AibroError)(message, fix=fix, details=details)
