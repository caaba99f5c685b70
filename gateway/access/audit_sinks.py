"""Destinations of the audit: a file that processes share, or standard error."""

import errno
import fcntl
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway.settings import SettingsError

STDERR = "stderr"
_DIGITS = 20


class AuditFile:
    """
    A file of JSON lines, numbered through: those of all workers, and over restarts and rotations. The last number
    stands in a file beside it (`NAME.sequence`), which is locked for each line: lines that are cut off at the end show
    too. The file is opened anew for each line, so that it can be renamed at any time.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError if the files cannot be written."""
        self._path = path
        self._numbers = path.with_name(f"{path.name}.sequence")
        with _opened(self._path), _opened(self._numbers):
            pass

    def append(self, fields: Mapping[str, Any]) -> int:
        """Write a line; its sequence number. Raises OSError, after which the file is as it was."""
        with _opened(self._numbers) as numbers, _opened(self._path) as lines:
            fcntl.flock(numbers, fcntl.LOCK_EX)
            last = os.pread(numbers, _DIGITS, 0)
            sequence = (int(last) if last.isdigit() else 0) + 1
            _append_whole(lines, _line(sequence, fields))
            os.pwrite(numbers, f"{sequence:0{_DIGITS}d}".encode(), 0)
            return sequence


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """The descriptor of a file, which is made if there is none."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _append_whole(descriptor: int, line: bytes) -> None:
    """Write a line at the end of a file, or nothing. Raises OSError."""
    size = os.lseek(descriptor, 0, os.SEEK_END)
    try:
        written = os.write(descriptor, line)
    except OSError:
        written = 0
        raise
    finally:
        if written < len(line):
            os.ftruncate(descriptor, size)
    if written < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class AuditStream:
    """Standard error. Numbers count the lines of this process, which each line names."""

    def __init__(self) -> None:
        self._last = 0

    def append(self, fields: Mapping[str, Any]) -> int:
        """Write a line; its sequence number. Raises OSError."""
        line = _line(self._last + 1, {"audit": True, "process": os.getpid(), **fields})
        sys.stderr.write(line.decode())
        sys.stderr.flush()
        self._last += 1
        return self._last


def open_audit(name: str | None) -> AuditFile | AuditStream | None:
    """The audit of this name. Raises SettingsError if its file cannot be written."""
    if name is None:
        return None
    if name == STDERR:
        return AuditStream()
    try:
        return AuditFile(Path(name))
    except OSError as exc:
        raise SettingsError([f"audit.file: {name} cannot be written ({exc.strerror})"]) from exc


def audit_faults(name: str | None) -> list[str]:
    """The fault of a file that could not be written, without making it."""
    if name in {None, STDERR}:
        return []
    path = Path(name or "")
    if path.is_dir():
        return [f"audit.file: {name} is a folder: name a file"]
    if os.access(path if path.exists() else path.parent, os.W_OK):
        return []
    return [f"audit.file: {name} cannot be written: make its folder, and let the gateway's user write there"]


def _line(sequence: int, fields: Mapping[str, Any]) -> bytes:
    return json.dumps({"sequence": sequence, **fields}).encode() + b"\n"
