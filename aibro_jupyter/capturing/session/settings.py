"""Settings of libraries that change answers and live nowhere in the model: written out, as the notebook has them."""

from __future__ import annotations

import decimal
import inspect
import locale
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

_SKLEARN_DEFAULTS = {"transform_output": "default", "enable_metadata_routing": False, "assume_finite": False}
_NUMPY_ERRORS = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
_NUMPY_PRINT = {"precision": 8, "suppress": False, "threshold": 1000, "linewidth": 75, "edgeitems": 3}
_NOTE = "  # as set in the notebook"
_LOCALES = ("LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY")
_PLAIN = (bool, int, float, str, type(None))


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One statement that sets what the notebook had set, and the imports it needs."""

    needs: str
    """An import statement; empty when the notebook's own imports are enough."""
    call: str


def settings_of(roots: Iterable[str]) -> list[Setting]:
    """Return the settings, other than the defaults, of those libraries among these top-level modules that we know."""
    known = set(roots)
    found: list[Setting] = []
    for module, settings in _KNOWN.items():
        if module in known and module in sys.modules:
            found += [
                Setting(needs=f"import {module}", call=f"{call}{_NOTE}") for call in settings(sys.modules[module])
            ]
    return found


def before_imports(roots: Iterable[str]) -> list[str]:
    """Return the statements that must run before those libraries are imported."""
    keras = sys.modules.get("keras") if "keras" in set(roots) else None
    backend = keras.backend.backend() if keras is not None else "tensorflow"
    return [] if backend == "tensorflow" else ["import os", "", f'os.environ["KERAS_BACKEND"] = "{backend}"{_NOTE}']


def put_back() -> list[Callable[[], object]]:
    """Return what restores the settings that libraries have now."""
    steps: list[Callable[[], object]] = []
    if sklearn := sys.modules.get("sklearn"):
        steps.append(partial(sklearn.set_config, **_known_to(sklearn.set_config, sklearn.get_config())))
    if numpy := sys.modules.get("numpy"):
        steps += [partial(numpy.seterr, **numpy.geterr()), partial(numpy.set_printoptions, **numpy.get_printoptions())]
    if pandas := sys.modules.get("pandas"):
        steps += [partial(_set_option, pandas, key, pandas.get_option(key)) for key in _options(pandas)]
    if matplotlib := sys.modules.get("matplotlib"):
        steps.append(partial(_set_parameters, matplotlib.rcParams, dict(dict.items(matplotlib.rcParams))))
    if torch := sys.modules.get("torch"):
        steps.append(partial(torch.set_default_dtype, torch.get_default_dtype()))
        steps.append(partial(torch.use_deterministic_algorithms, torch.are_deterministic_algorithms_enabled()))
        steps.append(partial(torch.set_num_threads, torch.get_num_threads()))
    steps += [
        partial(_set_locale, category, locale.setlocale(category))
        for category in map(partial(getattr, locale), _LOCALES)
    ]
    steps.append(partial(decimal.setcontext, decimal.getcontext().copy()))
    return steps


def _known_to(function: Callable[..., Any], values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key in inspect.signature(function).parameters}


def _set_parameters(parameters: Any, before: dict[str, Any]) -> None:
    """Set those that differ, past the checks that would say again what is out of date."""
    if dict(dict.items(parameters)) != before:
        dict.update(parameters, before)


def _set_locale(category: int, before: str) -> None:
    if locale.setlocale(category) != before:
        locale.setlocale(category, before)


def _set_option(pandas: Any, key: str, value: Any) -> None:
    if pandas.get_option(key) is not value and pandas.get_option(key) != value:
        pandas.set_option(key, value)


def _sklearn(sklearn: Any) -> Iterator[str]:
    current = sklearn.get_config()
    changed = {key: current[key] for key, usual in _SKLEARN_DEFAULTS.items() if current.get(key, usual) != usual}
    if changed:
        yield f"sklearn.set_config({_arguments(changed)})"


def _numpy(numpy: Any) -> Iterator[str]:
    errors = {key: value for key, value in numpy.geterr().items() if value != _NUMPY_ERRORS.get(key)}
    if errors:
        yield f"numpy.seterr({_arguments(errors)})"
    current = numpy.get_printoptions()
    shown = {key: current[key] for key, usual in _NUMPY_PRINT.items() if current.get(key, usual) != usual}
    if shown:
        yield f"numpy.set_printoptions({_arguments(shown)})"


def _pandas(pandas: Any) -> Iterator[str]:
    """Compare with the defaults that pandas registered; what a newer pandas keeps elsewhere is left alone."""
    for key, option in sorted(_options(pandas).items()):
        value, usual = pandas.get_option(key), option.defval
        if isinstance(value, _PLAIN) and isinstance(usual, _PLAIN) and value != usual and not _by_itself(key):
            yield f"pandas.set_option({key!r}, {value!r})"


def _options(pandas: Any) -> dict[str, Any]:
    found = getattr(getattr(getattr(pandas, "_config", None), "config", None), "_registered_options", {})
    gone = getattr(getattr(getattr(pandas, "_config", None), "config", None), "_deprecated_options", {})
    return {key: option for key, option in found.items() if key not in gone}


def _by_itself(key: str) -> bool:
    """Tell whether a program of its own sets an option: the width of its terminal."""
    return key in ("display.width", "display.notebook_repr_html") or key.startswith("io.")


def _decimal(_module: Any) -> Iterator[str]:
    current, usual = decimal.getcontext(), decimal.Context()
    if current.prec != usual.prec:
        yield f"decimal.getcontext().prec = {current.prec}"
    if current.rounding != usual.rounding:
        yield f"decimal.getcontext().rounding = {current.rounding!r}"


def _locale(_module: Any) -> Iterator[str]:
    for name in _LOCALES:
        value = locale.setlocale(getattr(locale, name))
        if value != "C":
            yield f"locale.setlocale(locale.{name}, {value!r})"


def _torch(torch: Any) -> Iterator[str]:
    if str(torch.get_default_dtype()) != "torch.float32":
        yield f"torch.set_default_dtype({torch.get_default_dtype()})"
    if torch.are_deterministic_algorithms_enabled():
        yield "torch.use_deterministic_algorithms(True)"


def _arguments(values: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in values.items())


_KNOWN = {
    "sklearn": _sklearn,
    "numpy": _numpy,
    "pandas": _pandas,
    "decimal": _decimal,
    "locale": _locale,
    "torch": _torch,
}
