"""Setting entries: the raw values of the environment and of a TOML file, by path."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PREFIX = "GATEWAY_"

SettingPath = tuple[str, ...]
"""Path of a setting: `("sources", "fiwit", "api_key")`."""


@dataclass(frozen=True)
class SettingEntry:
    """A raw value, and the name of its setting in messages to the operator."""

    raw: Any = field(repr=False)
    label: str


def env_name(path: SettingPath) -> str:
    """
    The setting's name in the environment.

    >>> env_name(("sources", "fiwit", "api_key"))
    'GATEWAY_SOURCES__FIWIT__API_KEY'
    """
    return PREFIX + "__".join(path).upper()


def read_environ(environ: Mapping[str, str], faults: list[str]) -> dict[SettingPath, SettingEntry]:
    """The entries of the variables that begin with GATEWAY_. An empty value counts as not set."""
    entries: dict[SettingPath, SettingEntry] = {}
    for name, value in sorted(environ.items()):
        if not name.upper().startswith(PREFIX) or not value.strip():
            continue
        path = tuple(name[len(PREFIX) :].lower().split("__"))
        if path in entries:
            faults.append(f"{name}: is set twice, with small and with capital letters: remove one")
        entries[path] = SettingEntry(value, name)
    return entries


def read_file(config: Path, faults: list[str]) -> dict[SettingPath, SettingEntry]:
    """The entries of a TOML file. A file that cannot be read adds a fault and has none."""
    try:
        table = tomllib.loads(config.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        faults.append(f"{config}: cannot be read ({exc.strerror}): give the path of a TOML file")
        return {}
    except UnicodeDecodeError:
        faults.append(f"{config}: is not UTF-8 text: save it as UTF-8")
        return {}
    except tomllib.TOMLDecodeError as exc:
        faults.append(f"{config}: is not valid TOML: {exc}")
        return {}
    entries: dict[SettingPath, SettingEntry] = {}
    for path, raw in _leaves(table):
        known = tuple(segment.lower() for segment in path[:2]) + path[2:] if path[0] == "sources" else path
        label = f"{env_name(known)} ({'.'.join(path)} in {config.name})"
        if known in entries:
            faults.append(f"{label}: is set twice, with small and with capital letters: remove one")
        entries[known] = SettingEntry(raw, label)
    return entries


def _leaves(table: Mapping[str, Any]) -> list[tuple[SettingPath, Any]]:
    """Each setting with its path. Tables below a setting (a map) are its value; an empty section is `{}`."""
    leaves: list[tuple[SettingPath, Any]] = []
    for name, value in table.items():
        depth = 2 if name in {"sources", "auth"} else 1
        leaves += _below((name,), value, depth)
    return leaves


def _below(path: SettingPath, value: Any, depth: int) -> list[tuple[SettingPath, Any]]:
    if depth == 0 or not isinstance(value, dict) or not value:
        return [(path, value)]
    return [leaf for name, inner in value.items() for leaf in _below((*path, name), inner, depth - 1)]
