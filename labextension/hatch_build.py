"""Puts the sidebar into the wheel: the committed bundle, built anew only when stale; if all fails, no sidebar."""

from __future__ import annotations

import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHARE = "share/jupyter/labextensions/aibro-jupyter"


class SidebarHook(BuildHookInterface[Any]):
    """Hatch's way in; its name is hatch's for a hook that a project brings along."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for JupyterLab's builder (it brings ``jlpm``) only when there is something to build and node is there."""
        return ["jupyter-builder>=1.3,<2"] if self._can_build() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatch's signature
        """Renew a stale bundle where possible, and add what there is to the wheel."""
        stamp = self._stamp()
        if not stamp["is_fresh"]():
            self._build()
        bundle: Path = stamp["BUNDLE"]
        if self.target_name == "wheel" and (bundle / "package.json").is_file():
            build_data["shared_data"][str(bundle)] = SHARE
            build_data["shared_data"][str(stamp["LAB"] / "install.json")] = f"{SHARE}/install.json"

    def _stamp(self) -> dict[str, Any]:
        return runpy.run_path(str(Path(self.root) / "labextension" / "stamp.py"))

    def _can_build(self) -> bool:
        return shutil.which("node") is not None and not self._stamp()["is_fresh"]()

    def _build(self) -> None:
        stamp = self._stamp()
        try:
            for words in (["install", "--immutable"], ["build:prod"]):
                subprocess.run(["jlpm", *words], cwd=stamp["LAB"], check=True)
            stamp["STAMP"].write_text(stamp["stamp"]())
        except (OSError, subprocess.CalledProcessError) as error:
            there = (stamp["BUNDLE"] / "package.json").is_file()
            fate = "the committed, older sidebar is used" if there else "going on without the JupyterLab sidebar"
            self.app.display_warning(f"the sidebar could not be built ({error}): {fate}")
