"""Which code that a sample did not run leaves open what else an answer may call."""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import Any

import pytest

from aibro_jupyter.capturing.proving.unvisited import may_call_more

_END = "\n\ndef load_model():\n    return None\n\n\ndef run(model, data):\n    return answer(data)\n"


def _ran(text: str, data: object) -> set[tuple[Any, ...]]:
    """Return the places of the code that answers one request."""
    scope: dict[str, Any] = {}
    steps: set[tuple[CodeType, int]] = set()

    def called(frame: FrameType, _event: str, _arg: object) -> Any:
        frame.f_trace_opcodes = True
        if frame.f_code.co_filename == "predict.py":
            steps.add((frame.f_code, frame.f_lasti))
        return called

    before = sys.gettrace()
    sys.settrace(called)
    try:
        exec(compile(text, "predict.py", "exec"), scope)
        scope["run"](scope["load_model"](), data)
    finally:
        sys.settrace(before)
    return {("predict.py", *list(code.co_positions())[at // 2]) for code, at in steps if at >= 0}


@pytest.mark.parametrize(
    "body",
    [
        "return x + 1",
        "if x is None:\n        raise ValueError(f'no {x.name}')\n    return abs(x)",
        "if x is None:\n        return {'error': 'empty', 'codes': [1, -2]}\n    return [one * 2 for one in range(x)]",
        "if isinstance(x, str):\n        return helper(x)\n    return ','.join(str(one) for one in range(x))",
        "y: list[int] = [x, 2]\n    return y[0] if x else None",
        "try:\n        return x / 1\n    except ZeroDivisionError as error:\n        raise TypeError(error) from error",
        "return sorted([x, 2], key=lambda one: -one)",
        "return 1 if x < 5 else TABLE[x] or TABLE.get(x)",
        "assert x, unknown.name(x)\n    return x",
    ],
)
def test_nothing_is_left_open(body: str) -> None:
    text = f"def helper(x):\n    return 'text'\n\n\ndef answer(x):\n    {body}\n{_END}"
    assert not may_call_more({"predict.py": text}, _ran(text, 3), ["TABLE"])


@pytest.mark.parametrize(
    "body",
    [
        "return x.real if x is not None and x < 3 else x.imag",
        "if x > 5:\n        return x.conjugate()\n    return 1",
        "if x > 5:\n        return other(x)\n    return 1",
        "return 1 if x < 5 else x * 2",
        "return x < 5 or x[0]",
        "return [one.real for one in [] if one.imag]",
        "f = lambda one: one.real\n    return 1",
        "if x > 5:\n        return helper(x)\n    return 1",
        "try:\n        return x / 1\n    except ZeroDivisionError:\n        return x.real",
        "if x > 5:\n        return getattr(x, 'real')\n    return 1",
        "return fast(x) if x > 5 else 1",
        "return 1 if x < 5 else TABLE[x].real",
        "TABLE = x\n    return 1 if x < 5 else TABLE[x]",
    ],
)
def test_something_is_left_open(body: str) -> None:
    text = (
        f"def helper(x):\n    return x.real\n\n\ndef made():\n    return lambda x: x.real\n\n\nfast = made()\n\n\n"
        f"def answer(x):\n    {body}\n{_END}"
    )
    assert may_call_more({"predict.py": text}, _ran(text, 3), ["TABLE"])
