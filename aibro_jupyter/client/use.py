"""`predict = use(url)`: a deployed function back as a function, in anybody's notebook."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import requests

from aibro_jupyter.client.arguments import checked
from aibro_jupyter.client.kinds import SPAN, TEXT
from aibro_jupyter.client.predict import CONNECT_S, Answered, post
from aibro_jupyter.client.sessions import session
from aibro_jupyter.errors import PredictFailed
from aibro_jupyter.masking import masked_url

_MEDIA = "application/json"


class _Default:
    """A default that only the API knows; it reads as its owner wrote it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


class Remote:
    """A deployed function: call it like the one in its notebook. Its URL is a credential and shown masked."""

    def __init__(self, url: str, told: Mapping[str, Any], *, timeout_s: float) -> None:
        self._url = url
        self._told = told
        self._timeout_s = timeout_s
        self._whole = bool(told.get("input", {}).get("whole", True))
        names = [str(one["name"]) for one in told.get("input", {}).get("parameters", [])]
        self.sole = names[0] if self._whole and len(names) == 1 else ""
        """The one parameter whose value is the whole body; empty where bodies are objects by name, or anything."""
        self.__name__ = self.__qualname__ = str(told.get("function") or "predict")
        self.__doc__ = str(told.get("doc") or "") or None
        self.__signature__ = _signature(told)
        self.served_by: str | None = None
        """The tier that gave the last answer: standby or cooling."""
        self.request_id: str | None = None
        """Of the last answer: its owner finds the request in the logs by it."""

    @property
    def sample(self) -> str:
        """A body that fits, as text; empty if the API has none."""
        return str(self._told.get("sample") or "")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the function's answer.

        Args:
            *args: As the function takes them.
            **kwargs: As the function takes them.

        Returns:
            The answer; a DataFrame, Series or array where the function returned one and the library is here.

        Raises:
            PredictFailed: The API's own message, with its HTTP status in ``status_code``.
        """
        given = dict(self.__signature__.bind(*args, **kwargs).arguments)
        value = next(iter(given.values()), None) if self._whole else given
        answer = post(self._url, value, timeout_s=self._timeout_s)
        self.served_by = answer.served_by
        self.request_id = answer.request_id
        return _rebuilt(answer)

    def __repr__(self) -> str:
        return f"<{self.__name__}{self.__signature__} at {masked_url(self._url)}>"


@checked(url=TEXT, timeout_s=SPAN)
def use(url: str, *, timeout_s: float = 600) -> Remote:
    """Return the function behind a predict URL: same name, signature and docstring; tables and arrays in and out.

    Args:
        url: The predict URL, which for an API with clients is a credential.
        timeout_s: Seconds that one call may take; a broken connection and a 503 are tried again until then.

    Returns:
        Something to call like the function.

    Raises:
        PredictFailed: There is no API at that URL, or not for that client id.
    """
    clean = url.rstrip("/")
    page = clean.removesuffix("/predict")
    with session(url) as http:
        try:
            answer = http.get(page, headers={"Accept": _MEDIA}, timeout=(CONNECT_S, 60), allow_redirects=False)
        except requests.RequestException as error:
            raise PredictFailed(
                f"{masked_url(clean)} cannot be reached", status_code=502, fix="ask its owner whether the backend runs"
            ) from error
    if answer.status_code != HTTPStatus.OK:
        raise PredictFailed(
            f"there is no model API at {masked_url(clean)}, or not for this client id",
            status_code=answer.status_code,
            fix="check the URL with the owner of the API",
        )
    try:
        told = answer.json()["x-aibro"]
    except (ValueError, KeyError, TypeError):
        told = {}
    return Remote(page + "/predict", told if isinstance(told, dict) else {}, timeout_s=timeout_s)


def _signature(told: Mapping[str, Any]) -> inspect.Signature:
    parameters = []
    for one in told.get("parameters") or [{"name": "data", "default": "None"}]:
        default = _value(str(one["default"])) if "default" in one else inspect.Parameter.empty
        kind = inspect.Parameter.KEYWORD_ONLY if "keyword_only" in one else inspect.Parameter.POSITIONAL_OR_KEYWORD
        annotation = one.get("annotation", inspect.Parameter.empty)
        parameters.append(inspect.Parameter(str(one["name"]), kind, default=default, annotation=annotation))
    # A parameter without a default may follow one with a default only by keyword.
    seen_default = False
    for at, one in enumerate(parameters):
        if one.default is inspect.Parameter.empty and seen_default:
            parameters[at] = one.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        seen_default = seen_default or one.default is not inspect.Parameter.empty
    return inspect.Signature(sorted(parameters, key=lambda one: one.kind))


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return _Default(text)


def _rebuilt(answer: Answered) -> Any:
    """Return tables and arrays as what they were; without pandas or numpy here, as lists."""
    value, labels = answer.value, answer.labels
    try:
        match answer.kind:
            case "dataframe":
                import pandas

                frame = pandas.DataFrame(value)
                return frame.set_index(labels) if isinstance(labels, list) and len(frame) else frame
            case "series":
                import pandas

                if not isinstance(labels, list) or not value:
                    return pandas.Series(value)
                return pandas.DataFrame(value).set_index(labels[:-1])[labels[-1]]
            case "ndarray":
                import numpy

                return numpy.asarray(value)
    except ImportError:
        return value
    return value


__all__ = ["Remote", "use"]
