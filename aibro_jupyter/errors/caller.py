"""What a caller of a model's API can meet: answers of a gateway, of an instance behind it, and of HTTP itself."""

from __future__ import annotations

from aibro_jupyter.errors.fact import AibroError
from aibro_jupyter.modelio import faults

# --- the model --------------------------------------------------------------------------------------------------------


class BadInput(AibroError):
    """The body does not fit the model; ``sample`` in the answer is one that does."""

    code, status = faults.BAD_INPUT, 422


class ModelError(AibroError):
    """The model raised an exception on this request; its log has the traceback under the request's id."""

    code, status = faults.MODEL_ERROR, 500


class BadResult(AibroError):
    """The model's answer holds a value that JSON cannot."""

    code, status = faults.BAD_RESULT, 500


class TimeLimit(AibroError):
    """The model did not answer within the job's request limit; the request is not tried again."""

    code, status = "time-limit", 504


class SlotCrash(AibroError):
    """The model's process ended on this request, as it or its instance had before; it is not tried again."""

    code, status = "slot-crash", 502


# --- on the way to it -------------------------------------------------------------------------------------------------


class QueueFull(AibroError):
    """As many requests wait for this model as may, of all clients or of this one, or as long as its callers wait."""

    code, status = "queue-full", 429


class TooManyRequests(AibroError):
    """This client has sent more than its owner lets a client send, at once or in a second."""

    code, status = "too-many-requests", 429


class NotServing(AibroError):
    """No instance of the model could take the request in time."""

    code, status = "not-serving", 503


class NotReady(AibroError):
    """The instance was reached before its model was up; the gateway tries another."""

    code, status = "not-ready", 503


class Busy(AibroError):
    """An instance, or a server as a whole, has as much to do as it may take on."""

    code, status = "busy", 503


class InstanceLost(AibroError):
    """The instance was lost with the request on it, and it is not tried again: the answer says why."""

    code, status = "instance-lost", 502


class ForeignOrigin(AibroError):
    """A web page called the API of a model that no web page may call."""

    code, status = "foreign-origin", 403


# --- HTTP -------------------------------------------------------------------------------------------------------------


class UsePost(AibroError):
    """A predict URL was asked with another method than POST."""

    code, status = "use-post", 405


class UseGet(AibroError):
    """The page of an API was asked with another method than GET."""

    code, status = "use-get", 405


class BadMethod(AibroError):
    """The request's method is nothing that is known here."""

    code, status = "bad-method", 405


class NoEncoding(AibroError):
    """The body is compressed, which is not understood."""

    code, status = "no-encoding", 415


class BadHttp(AibroError):
    """The request is not well-formed HTTP/1.1."""

    code, status = "bad-http", 400


class HttpVersion(AibroError):
    """The request speaks another version of HTTP than 1.1 or 1.0."""

    code, status = "http-version", 505


class UrlTooLong(AibroError):
    """The URL has more bytes than the limit allows."""

    code, status = "url-too-long", 414


class HeaderTooLarge(AibroError):
    """The header has more fields or bytes than the limit allows."""

    code, status = "header-too-large", 431


class TooSlow(AibroError):
    """The header or the body came more slowly than the limit allows."""

    code, status = "too-slow", 408


class Internal(AibroError):
    """The server failed on this request; its log says why."""

    code, status = "internal", 500


# --- as our client tells it -------------------------------------------------------------------------------------------


class PredictFailed(AibroError):
    """The API answered with an error: ``status_code`` is its HTTP status, ``because`` its code."""

    code, status = "predict-failed", 502

    def __init__(
        self, message: str, *, status_code: int = 502, because: str = "", fix: str = "", details: str = ""
    ) -> None:
        super().__init__(message, fix=fix, details=details)
        self.status_code = status_code
        self.because = because

    @property
    def explained(self) -> str:
        """The API's own code, where it told one."""
        return self.because or self.code
