"""What the owner of a job can meet: at capture, at deploy, and whenever control is asked."""

from __future__ import annotations

from aibro_jupyter.errors.fact import DETAIL_LINES, AibroError


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


class WouldReplace(AibroError):
    """A live job of that name comes from another notebook, or what its callers send does not fit any more."""

    code, status = "would-replace", 409


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


class NoBackend(BackendDown):
    """No backend runs on this computer, and what was asked for starts none."""

    code = "no-backend"


class PortTaken(AibroError):
    """The gateway's port belongs to another program."""

    code, status = "port-taken", 503


class NoSpace(AibroError):
    """The disk is full or cannot be written to; nothing was changed."""

    code, status = "no-space", 507


class DatabaseRefused(AibroError):
    """Control will not run on the database it finds; nothing was started, nothing ended, running instances go on."""

    code, status = "database-refused", 503


class DatabaseLost(DatabaseRefused):
    """The database is gone, or it is another backend's, while this home has instances, copies or the old one's id.

    On an empty database everything that runs would be a stranger. `aibro restore` brings back the newest copy, and
    `aibro restore --new` begins anew on purpose.
    """

    code = "database-lost"


class DatabaseNewer(DatabaseRefused):
    """A newer version of this package wrote the database: this one could misread it, and does not try."""

    code = "database-newer"


class DatabaseCorrupt(DatabaseRefused):
    """The database's bytes are damaged; `aibro restore` puts it aside and brings back the newest good copy."""

    code = "database-corrupt"


class BackendRuns(AibroError):
    """What was asked for replaces the database, which a running backend has open."""

    code, status = "backend-runs", 409


class NoCopy(NotFound):
    """No good copy of the database is where it was looked for."""

    code = "no-copy"


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
