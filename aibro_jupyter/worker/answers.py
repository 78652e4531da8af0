"""What a caller of the agent is answered, and what the log says of it."""

from __future__ import annotations

from collections.abc import Callable

from aibro_jupyter.errors import AibroError, BadInput, Busy, NotReady, SlotCrash, TimeLimit, error_for
from aibro_jupyter.http1 import IN_ONE, Caller, failure
from aibro_jupyter.masking import without_paths
from aibro_jupyter.modelio.frames import ANSWER, Frame
from aibro_jupyter.protocol.answerhead import answer_head
from aibro_jupyter.repo.slothost import Result
from aibro_jupyter.worker.dispatch import Call, Failure
from aibro_jupyter.worker.logfile import LogFile

_CLOSES = b"Connection: close\r\n\r\n"


class Answers:
    """Makes the answers of one instance."""

    def __init__(self, log: LogFile, model_name: str, limit_s: float, stage: Callable[[], str]) -> None:
        self._log = log
        self._stage = stage
        # An instance of before jobs were named in boot.json does not know what to type.
        self._log_says = (
            f"`aibro logs {model_name}` tells the owner what the model printed"
            if model_name
            else "its owner's log says more"
        )
        self._limit_s = limit_s

    def told(self, call: Posted, told: Frame) -> None:
        """Pass on what the model tells."""
        if told.kind == ANSWER:
            _send(call, 200, told.content_type, told.body, told.took_us / 1000, more=told.more)
            return
        result = Result.of(told)
        error = error_for(result.kind, without_paths(result.told))
        status = sample = None
        if isinstance(error, BadInput):
            status, sample = result.error.get("status"), result.error.get("sample")
        else:
            self._log.write(result.error.get("traceback") or result.told, mark=f"[{call.request_id}]")
        made = failure(error, status=status, sample=sample, request_id=call.request_id)
        _send(call, made.status, made.content_type.encode(), made.body, told.took_us / 1000)

    def failed(self, call: Posted, why: Failure) -> None:
        """Say that no model answered; the header tells it apart from the model's own failures."""
        error = self._error(why)
        if why is Failure.OVERRAN:
            self._log.write(f"ended after {self._limit_s} s, the request limit", mark=f"[{call.request_id}]")
        elif why is Failure.SLOT_CRASH:
            self._log.write(error.message, mark=f"[{call.request_id}]")
        made = failure(error, request_id=call.request_id)
        _send(call, made.status, made.content_type.encode(), made.body, fields={"X-Aibro-Failure": error.code})

    def _error(self, why: Failure) -> AibroError:
        match why:
            case Failure.BUSY:
                return Busy("the model works on other requests")
            case Failure.NOT_READY:
                return NotReady(f"the model is not up: {self._stage()}", fix=self._log_says)
            case Failure.SLOT_CRASH:
                return SlotCrash("the model's process died on this request", fix=self._log_says)
            case Failure.OVERRAN:
                return TimeLimit(f"the model did not answer within {self._limit_s} s", fix=self._log_says)
            case Failure.GAVE_WAY:
                return TimeLimit("the request was ended: its caller had gone, and others waited")


class Posted(Call):
    """A request that came over HTTP."""

    __slots__ = ("_answers", "caller")

    def __init__(
        self, answers: Answers, caller: Caller, body: bytes, content_type: bytes, request_id: str, at: float
    ) -> None:
        super().__init__(body, content_type, request_id, at)
        self._answers = answers
        self.caller = caller

    def reply(self, told: Frame) -> None:
        """Answer with what the model tells."""
        self._answers.told(self, told)

    def fail(self, why: Failure) -> None:
        """Answer that no model did."""
        self._answers.failed(self, why)


def _send(
    call: Posted,
    status: int,
    content_type: bytes,
    body: bytes,
    model_ms: float | None = None,
    fields: dict[str, str] | None = None,
    more: tuple[bytes, ...] = (),
) -> None:
    caller = call.caller
    if caller.call is not call:
        return
    length = len(body) + sum(map(len, more)) if more else len(body)
    head = answer_head(status, length, content_type, model_ms, fields)
    # A gateway knows the usual head by its form, and adds the date itself; more lines would be read one by one.
    ending = caller.ending()
    if ending.endswith(_CLOSES):
        head = head[:-2] + ending
    if length < IN_ONE and not more:
        caller.write(head + body)
    else:
        caller.transport.writelines((head, body, *more))
    caller.done()
