"""Export into a folder of this machine. Each file appears whole, and the manifest last."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gateway.tables.export.layout import MANIFEST, export_files, manifest
from gateway.tables.export.request import ExportFault, ExportRequest, TableCounts


@dataclass(frozen=True)
class FolderDestination:
    """A folder, which is made if it is not there. What else is in it stays."""

    folder: Path

    def write(self, request: ExportRequest) -> list[TableCounts]:
        """Write the tables. Raises ExportFault."""
        try:
            files = []
            for file in export_files(request):
                replace_file(self.folder / file.path, partial(shutil.copyfile, file.source))
                files.append(file)
            content = manifest(request, files)
            replace_file(self.folder / MANIFEST, lambda path: path.write_bytes(content))
        except OSError as exc:
            raise ExportFault(f"{self.folder} cannot be written: {exc.strerror}") from exc
        return [file.counts for file in files]


def replace_file(target: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its name, private to this user, and rename it. Raises OSError."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.urandom(6).hex()}.part")
    try:
        write(beside)
        beside.chmod(0o600)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
