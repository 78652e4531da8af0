"""The kinds of values that options take: how a person types one, what Python may pass for one, what completes it."""

from __future__ import annotations

import argparse
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from numbers import Real
from typing import Any

from aibro_jupyter import clock
from aibro_jupyter.client.reading import dollars, machine_ids, moment, seconds, spelled, web_address
from aibro_jupyter.control.rules.clients import checked_clients, checked_name
from aibro_jupyter.control.rules.terms import checked_origin
from aibro_jupyter.errors import BadRequest
from aibro_jupyter.machines import DEFAULT_MACHINE


class Offers(StrEnum):
    """What Tab offers for a value."""

    NOTHING = ""
    MACHINES = "machines"
    JOBS = "jobs"
    VARIABLES = "variables"
    FUNCTIONS = "functions"
    VERBS = "verbs"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The values that an option takes."""

    wanted: str
    """What they are, with their unit: "a whole number of seconds"."""
    example: str
    """One of them, as Python writes it."""
    take: Callable[[Any], Any]
    """Returns a Python value as it is held; ``TypeError`` or ``ValueError`` where it is none."""
    read: Callable[[str], Any] = str
    """Returns the value of a word."""
    shown: Callable[[Any], str] = str
    """Returns a value as a word that means it."""
    unit: str = ""
    """In what Python counts it."""
    typed: str = ""
    """A word that shows how it is typed, where that is not plain."""
    metavar: str = ""
    offers: Offers = Offers.NOTHING
    private: bool = False
    """A value may be a secret: no error repeats it."""

    def held(self, name: str, value: Any) -> Any:
        """Return a Python value as it is held; ``BadRequest`` with the parameter's name and what to write instead."""
        try:
            return self.take(value)
        except (TypeError, ValueError, argparse.ArgumentTypeError):
            what = type(value).__name__ if self.private else repr(value)[:80]
            fix = f"for example {self.example}"
            raise BadRequest(f"{name} must be {self.wanted}, not {what}", fix=fix) from None


def text(value: Any) -> str:
    """Return a text; ``TypeError`` for anything else."""
    if not isinstance(value, str):
        raise TypeError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def whole(value: Any) -> int:
    """Return a whole number, at least 1; ``TypeError`` or ``ValueError`` for anything else."""
    number = operator.index(value)
    if isinstance(value, bool) or number < 1:
        raise ValueError
    return number


def amount(value: Any) -> float:
    """Return a finite number, more than 0; ``TypeError`` or ``ValueError`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError
    if not 0 < (number := float(value)) < math.inf:
        raise ValueError
    return number


def lapse(value: Any) -> float:
    """Return a finite number, 0 or more; ``TypeError`` or ``ValueError`` for anything else."""
    return amount(value) if value != 0 or isinstance(value, bool) else 0.0


AUTO = "auto"


def _slots(value: Any) -> int:
    return 0 if value == 0 and not isinstance(value, bool) else whole(value)


def _slots_read(word: str) -> int:
    return 0 if word == AUTO else whole(int(word))


def _moment(value: Any) -> float:
    if (at := amount(value)) <= clock.now():
        raise ValueError
    return at


def _address(value: Any) -> str:
    return web_address(text(value)) if value != "" else ""


def _names(value: Any) -> tuple[str, ...]:
    """Return one text or several as a tuple; ``TypeError`` for anything else."""
    if isinstance(value, Mapping):
        raise TypeError
    return (value,) if isinstance(value, str) else tuple(text(one) for one in value)


def _origin(value: str) -> str:
    try:
        return checked_origin(value)
    except BadRequest:
        raise ValueError from None


def _secrets(value: Any) -> dict[str, str] | tuple[str, ...]:
    if isinstance(value, Mapping):
        return {text(name): text(secret) for name, secret in value.items()}
    return _names(value)


TEXT = Kind(wanted="a text", example="'a text'", take=text, metavar="TEXT")
NAME = replace(TEXT, take=lambda value: checked_name(text(value)), example="'iris'", metavar="NAME", offers=Offers.JOBS)
JOB = replace(TEXT, metavar="NAME", offers=Offers.JOBS)
EXPRESSION = replace(TEXT, metavar="EXPR", offers=Offers.VARIABLES)
FUNCTION = replace(TEXT, metavar="FUNCTION", offers=Offers.FUNCTIONS)
VERB = replace(TEXT, metavar="VERB", offers=Offers.VERBS)
FLAG = Kind(wanted="True or False", example="True", take=_flag)
COUNT = Kind(wanted="a whole number, at least 1", example="40", take=whole, read=int, metavar="N")
RATE = Kind(wanted="a number, more than 0", example="20.0", take=amount, read=float, shown="{:g}".format, metavar="N")
SLOTS = Kind(
    wanted="a whole number, at least 1, or 0 for one a CPU", example="2", take=_slots, read=_slots_read,
    shown=lambda value: str(value or AUTO), metavar="N",
)  # fmt: skip
SECONDS = Kind(
    wanted="a whole number of seconds, at least 1", example="600", take=whole, read=seconds, shown=spelled,
    unit="seconds", typed="10m", metavar="TIME",
)  # fmt: skip
SPAN = replace(SECONDS, wanted="a number of seconds, more than 0", example="8 * 3600", take=amount, typed="8h")
LAPSE = replace(SPAN, wanted="a number of seconds, 0 or more", take=lapse, example="5.0")
MOMENT = Kind(
    wanted="a time to come, in UTC seconds", example="time.time() + 8 * 3600", take=_moment, read=moment,
    unit="UTC seconds", typed="18:00", metavar="TIME",
)  # fmt: skip
DOLLARS = Kind(
    wanted="an amount of dollars, more than 0", example="2.50", take=amount, read=dollars, unit="dollars",
    metavar="DOLLARS",
)  # fmt: skip
ADDRESS = Kind(
    wanted="an http or https URL", example="'https://example.com/hook'", take=_address, read=_address, metavar="URL"
)  # fmt: skip
# What a machine may be is checked where machine ids are known: any value may come here.
MACHINE = Kind(
    wanted="a machine id", example=repr(DEFAULT_MACHINE), take=lambda value: value, read=machine_ids, metavar="ID",
    offers=Offers.MACHINES,
)  # fmt: skip
LABELS = Kind(wanted="a text or a list of texts", example="['ana', 'ben']", take=_names, metavar="NAME")
IDS = replace(LABELS, metavar="ID", private=True)
CLIENTS = replace(IDS, take=lambda value: checked_clients(_names(value)))
ORIGINS = Kind(
    wanted="an origin of a web page, or a list of them", example="['https://app.example.com']",
    take=lambda value: tuple(map(_origin, _names(value))), read=checked_origin, metavar="ORIGIN",
)  # fmt: skip
SECRETS = replace(
    LABELS, wanted="names of environment variables, or a dictionary of their values", example="['API_KEY']",
    take=_secrets, private=True,
)  # fmt: skip
