"""Compile `_rows.pyx` when Gatepost is installed; if that fails, Gatepost works without it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_MODULE = "gatepost.transfer.encode._rows"


class Compile(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling's hook for wheels and editable installs, named in `pyproject.toml`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and let the wheel be one of this platform; for an editable install, put it beside its source."""
        self._directory = tempfile.TemporaryDirectory()
        source = Path(self.root, *_MODULE.split(".")).with_suffix(".pyx")
        built = self._compiled(source)
        if built is None:
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        if version == "editable":
            # The old file is not overwritten, because a process may have loaded it.
            unfinished = source.with_name(f"{built.name}.unfinished")
            shutil.copy(built, unfinished)
            unfinished.replace(source.with_name(built.name))
        else:
            build_data["force_include"][str(built)] = str(source.with_name(built.name).relative_to(self.root))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Leave nothing behind."""
        self._directory.cleanup()

    def _compiled(self, source: Path) -> Path | None:
        from Cython.Build import cythonize
        from setuptools import Distribution, Extension
        from setuptools.errors import BaseError, CCompilerError

        try:
            modules = cythonize([Extension(_MODULE, [str(source)])], build_dir=self._directory.name, quiet=True)  # type: ignore[no-untyped-call]
            command = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
            command.build_lib = command.build_temp = self._directory.name
            command.ensure_finalized()
            command.run()
        except (BaseError, CCompilerError, OSError) as error:
            self.app.display_warning(f"transfers will be slower, since {source.name} cannot be compiled: {error}")
            return None
        return Path(command.get_ext_fullpath(_MODULE))
