"""A real ipykernel that runs cells, and captures in it as a user would."""

from __future__ import annotations

import json
import os
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

TIMEOUT_S = 120

_CAPTURE = """
import dataclasses as _dataclasses, json as _json
from aibro_jupyter.capturing import capture as _capture
from aibro_jupyter.errors import AibroError as _AibroError
try:
    _c = _capture({call})
    _told = {{**_dataclasses.asdict(_c), "path": str(_c.path), "body": _c.body.decode("utf-8", "replace")}}
except _AibroError as _error:
    _told = {{"refused": _error.message, "fix": _error.fix, "details": _error.details}}
print("@@" + _json.dumps(_told))
"""


@dataclass
class Captured:
    """What a capture in the kernel came to."""

    told: dict[str, Any]
    files: dict[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> str:
        return str(self.told.get("refused", ""))

    @property
    def proved(self) -> int:
        """How many samples the clean process answered as the notebook does."""
        return int(self.told.get("proof", {}).get("equal", -1))

    @property
    def predict(self) -> str:
        return self.files["predict.py"]

    @property
    def warnings(self) -> str:
        return "\n".join(self.told["warnings"])

    @property
    def manifest(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.files["aibro.json"])
        return told


class Kernel:
    """One kernel process; ``fresh`` makes it a new notebook in a folder of its own."""

    def __init__(self) -> None:
        self._manager = KernelManager()
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        self._manager.start_kernel(env=environment)
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=TIMEOUT_S)
        self.folder = Path()

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def fresh(self, folder: Path) -> Kernel:
        self.folder = folder
        self.run("%reset -f")
        self.run(f"import os as _os; _os.chdir({str(folder)!r})")
        return self

    def run(self, *cells: str) -> str:
        """Run cells; return what the last printed. An exception in one fails the test."""
        text = ""
        for cell in cells:
            text = self._execute(textwrap.dedent(cell).strip("\n"))
        return text

    def capture(self, call: str) -> Captured:
        """Run ``capture(call)`` in the kernel and read the repo it wrote."""
        told = json.loads(self.run(_CAPTURE.format(call=call)).rpartition("@@")[2])
        if "refused" in told:
            return Captured(told=told)
        root = Path(told["path"])
        texts = {
            name: (root / name).read_text(errors="replace") for name in told["files"] if not name.startswith("model/")
        }
        return Captured(told=told, files=texts)

    def _execute(self, code: str) -> str:
        wanted = self._client.execute(code, store_history=True)
        printed = []
        while True:
            message = self._client.get_iopub_msg(timeout=TIMEOUT_S)
            if message["parent_header"].get("msg_id") != wanted:
                continue
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    printed.append(content["text"])
                case "error":
                    raise AssertionError("\n".join(content["traceback"]))
                case "status" if content["execution_state"] == "idle":
                    return "".join(printed)
