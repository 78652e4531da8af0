"""Turn the model in a notebook into a live, cheap inference API with one line."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aibro_jupyter.client.predict import predict
    from aibro_jupyter.client.use import use
    from aibro_jupyter.inference import Inference
    from aibro_jupyter.job import Job, capture, deploy, simulate
    from aibro_jupyter.jupyter.magics import load_ipython_extension, unload_ipython_extension

    __version__: str

# Every kernel, the Jupyter server and each process of the backend import this package: what is not asked for stays out.
_HOMES = {
    "Inference": "aibro_jupyter.inference",
    "Job": "aibro_jupyter.job",
    "capture": "aibro_jupyter.job",
    "deploy": "aibro_jupyter.job",
    "load_ipython_extension": "aibro_jupyter.jupyter.magics",
    "predict": "aibro_jupyter.client.predict",
    "simulate": "aibro_jupyter.job",
    "unload_ipython_extension": "aibro_jupyter.jupyter.magics",
    "use": "aibro_jupyter.client.use",
}

__all__ = [
    "Inference",
    "Job",
    "__version__",
    "capture",
    "deploy",
    "load_ipython_extension",
    "predict",
    "simulate",
    "unload_ipython_extension",
    "use",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("aibro_jupyter")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "aibro-jupyter"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "aibro_jupyter", "app": import_module("aibro_jupyter.jupyter.server").AibroServer}]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
