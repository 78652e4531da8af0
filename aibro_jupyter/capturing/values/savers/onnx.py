"""ONNX graphs and the sessions that run them, as the graph's bytes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.saver import CannotSaveError, Saved, Saver, module_root, shown


class OnnxSaver(Saver):
    """A ``ModelProto``."""

    by_itself = True

    def handles(self, value: Any) -> bool:
        """Tell whether it is an ONNX model."""
        return type(value).__name__ == "ModelProto" and module_root(value) == "onnx"

    def inside(self, value: Any) -> list[Any]:  # noqa: ARG002 - the contract's parameter
        """A graph holds no Python."""
        return []

    def save(self, value: Any, stem: Path) -> Saved:
        """Write the graph."""
        path = stem.with_name(f"{stem.name}.onnx")
        path.write_bytes(value.SerializeToString(deterministic=True))
        return Saved(files=(path,), load=f'{{name}} = onnx.load("{shown(path)}")', imports=("import onnx",))


class OnnxSessionSaver(Saver):
    """An ``InferenceSession``: the graph it was made of, run by what the machine has."""

    by_itself = True

    def handles(self, value: Any) -> bool:
        """Tell whether it is an onnxruntime session."""
        return module_root(value) == "onnxruntime" and type(value).__name__ == "InferenceSession"

    def inside(self, value: Any) -> list[Any]:  # noqa: ARG002 - the contract's parameter
        """A graph holds no Python."""
        return []

    def save(self, value: Any, stem: Path) -> Saved:
        """Write the graph again."""
        path = stem.with_name(f"{stem.name}.onnx")
        _write_graph(value, path)
        providers = "providers=onnxruntime.get_available_providers()"
        load = f'{{name}} = onnxruntime.InferenceSession("{shown(path)}", {providers})'
        return Saved(files=(path,), load=load, imports=("import onnxruntime",))


def _write_graph(session: Any, into: Path) -> None:
    """Write what a session was made of: it keeps the bytes, or the path that it read them from."""
    if (data := getattr(session, "_model_bytes", None)) is not None:
        into.write_bytes(data)
        return
    path = getattr(session, "_model_path", None)
    if path is None or not Path(path).is_file():
        raise CannotSaveError("its graph is not at hand any more", "make the session from bytes, or from a file")
    shutil.copyfile(path, into)
