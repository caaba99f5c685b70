"""
Secrets in files: the setting NAME_FILE names a file that holds the secret NAME, as Docker, Kubernetes and systemd give
them to a process.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from gateway.settings.entries import SettingEntry, SettingPath, env_name
from gateway.settings.keys import Kind

_SUFFIX = "_file"
_MAX_BYTES = 65_536


def read_secret_files(
    entries: dict[SettingPath, SettingEntry],
    secret_kind: Callable[[SettingPath], Kind | None],
    *,
    faults: list[str],
    files: list[Path],
) -> None:
    """
    Replace the entries that name the file of a secret by the secret. `secret_kind` is the kind of a setting that is a
    secret. The files are added to `files`. One that cannot be read, is empty, or holds a secret that is set as well, is
    a fault.
    """
    for path, secret, kind in list(_file_entries(entries, secret_kind)):
        entry = entries.pop(path)
        if not isinstance(entry.raw, str) or not entry.raw.strip():
            faults.append(f"{entry.label}: is not the path of a file")
            continue
        file = Path(entry.raw.strip())
        files.append(file)
        if secret in entries:
            faults.append(f"{entry.label}: {env_name(secret)} is set too: remove one of the two")
            continue
        try:
            text = read_secret(file)
        except ValueError as exc:
            faults.append(f"{entry.label}: {exc}")
            continue
        words = [word for line in text.splitlines() for word in line.split(",")]
        entries[secret] = SettingEntry(words if kind == "words" else text, entry.label)


def read_secret(file: Path) -> str:
    """
    The secret in a file: without a byte order mark, and without blanks and line ends around it. Raises ValueError if
    there is none.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "no path"
        raise ValueError(f"cannot be read ({reason}): give the path of a file that holds it") from exc
    if len(content) > _MAX_BYTES:
        raise ValueError(f"is a file of more than {_MAX_BYTES} bytes, and no secret")
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as exc:
        raise ValueError("is a file that is not UTF-8 text") from exc
    if not text:
        raise ValueError("is an empty file")
    return text


def _file_entries(
    entries: dict[SettingPath, SettingEntry], secret_kind: Callable[[SettingPath], Kind | None]
) -> Iterator[tuple[SettingPath, SettingPath, Kind]]:
    """The paths of the entries that name a file, each with the path of the secret and its kind."""
    for path in entries:
        secret = (*path[:-1], path[-1].removesuffix(_SUFFIX))
        kind = secret_kind(secret) if path[-1].endswith(_SUFFIX) else None
        if kind is not None:
            yield path, secret, kind
