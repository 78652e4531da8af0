"""TensorFlow's tensors and variables as numpy arrays; programs that were saved and loaded, as SavedModel."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from aibro_jupyter.capturing.values.savers.saver import Saved, Saver, Unsuitable, files_below, module_root, shown
from aibro_jupyter.capturing.values.values import literal


class TensorFlowSaver(Saver):
    """A tensor, a variable, or what ``tf.saved_model.load`` returned."""

    by_itself = True

    def handles(self, value: Any) -> bool:
        """Tell whether it is one of them."""
        known = ("EagerTensor", "ResourceVariable", "_UserObject")
        return module_root(value) == "tensorflow" and type(value).__name__ in known

    def inside(self, value: Any) -> list[Any]:  # noqa: ARG002 - the contract's parameter
        """Numbers and graphs hold no Python."""
        return []

    def save(self, value: Any, stem: Path) -> Saved:
        """Write numbers as ``.npy``, text into the source, programs into a folder."""
        if type(value).__name__ == "_UserObject":
            folder = stem.with_name(stem.name)
            sys.modules["tensorflow"].saved_model.save(value, str(folder))
            load = f'{{name}} = tf.saved_model.load("{shown(folder)}")'
            return Saved(files=files_below(folder), load=load, imports=("import tensorflow as tf",))
        kind = "tf.constant" if type(value).__name__ == "EagerTensor" else "tf.Variable"
        array = value.numpy()
        if array.dtype.hasobject or array.dtype.isbuiltin == 2:
            written = literal(array.tolist())
            if written is None:
                raise Unsuitable
            load = f"{{name}} = {kind}({written.text}, dtype=tf.{value.dtype.name})"
            return Saved(files=(), load=load, imports=("import tensorflow as tf",))
        path = stem.with_name(f"{stem.name}.npy")
        sys.modules["numpy"].save(path, array, allow_pickle=False)
        imports = ("import numpy as np", "import tensorflow as tf")
        return Saved(files=(path,), load=f'{{name}} = {kind}(np.load("{shown(path)}"))', imports=imports)
