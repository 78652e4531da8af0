"""What people type for durations, money, times of day, addresses and machines."""

from __future__ import annotations

import argparse
import ast
import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from aibro_jupyter import clock
from aibro_jupyter.errors import BadMachine
from aibro_jupyter.figures import DAY_S, HOUR_S, MICROS

_UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": HOUR_S, "d": DAY_S}


def seconds(text: str) -> int:
    """Read a duration: ``600``, ``10m``, ``1h30m``."""
    parts = re.findall(r"(\d+)\s*([a-z]*)", text.strip().lower())
    if not parts or "".join(f"{n}{u}" for n, u in parts) != re.sub(r"\s", "", text.lower()):
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write 600, 10m or 1h30m")
    if any(unit not in _UNITS for _, unit in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: units are s, m, h and d")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def spelled(seconds: float) -> str:
    """Return how a person types a duration: ``90`` is 90s, ``600`` is 10m."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds // _UNITS[unit]:g}{unit}"
    return f"{seconds:g}s"


def dollars(text: str) -> float:
    """Read an amount of money, ``5`` or ``$2.50``, to the micro-dollar."""
    try:
        amount = Decimal(text.strip().removeprefix("$"))
        micros = int(amount * MICROS)
    except (InvalidOperation, ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is no amount of money: write 5 or 2.50, in dollars") from None
    if micros <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no budget: it must be more than nothing")
    return micros / MICROS


def moment(text: str) -> float:
    """Read a time to come: ``18:00`` (the next one, this computer's time) or ``2026-12-24T18:00``; UTC seconds."""
    now = datetime.fromtimestamp(clock.now()).astimezone()
    try:
        if found := re.fullmatch(r"(\d{1,2}):(\d{2})", text.strip()):
            at = now.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
            at = at if at > now else at + timedelta(days=1)
        else:
            at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write 18:00 or 2026-12-24T18:00") from None
    if at.timestamp() <= now.timestamp():
        raise argparse.ArgumentTypeError(f"{text!r} is over already")
    return at.timestamp()


def web_address(text: str) -> str:
    """Read where news are posted to."""
    if not re.match(r"https?://[^/\s]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no address for news: it begins with https:// or http://")
    return text


def machine_ids(text: str) -> str | dict[str, str]:
    """Read a machine id, or the dictionary of standby and cooling that Python takes."""
    if not text.startswith("{"):
        return text
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        raise BadMachine(
            f"{text} is no dictionary", fix="""write '{"standby": "c5.large.od"}' in single quotes"""
        ) from error
    return value if isinstance(value, dict) else {}
