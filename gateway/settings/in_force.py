"""Settings in force: every setting by its name in the environment; of a secret only that it is set."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.settings.entries import SettingPath, env_name
from gateway.settings.keys import SourceKeys
from gateway.settings.model import Settings, SourceSettings

_SET = "set"
_REPORTS = frozenset({"warnings", "vendor_faults", "files"})


def settings_in_force(settings: Settings, vendors: Mapping[str, SourceKeys]) -> dict[str, Any]:
    """
    The settings that have a value, by name. `vendors` has the setting keys of each vendor's sources: a value that they
    do not declare, or declare as a secret, and every field that no `repr` shows, is "set".
    """
    values: dict[str, Any] = {}
    for field in dataclasses.fields(settings):
        if field.name == "sources":
            for source in settings.sources:
                values |= _named(("sources", source.name), _of_source(source, vendors))
        elif field.name not in _REPORTS:
            values |= _named((), _of_field(settings, field))
    return values


def _of_source(
    source: SourceSettings, vendors: Mapping[str, SourceKeys]
) -> Iterator[tuple[SettingPath, Any]]:
    for field in dataclasses.fields(source):
        if field.name not in {"name", "values"}:
            yield from _of_field(source, field)
    declared = vendors.get(source.vendor, SourceKeys())
    shown = {key.name for key in declared.keys if not key.is_secret}
    for name, value in source.values.items():
        if value not in (None, "", (), {}):
            yield (name,), value if name in shown else _SET


def _of_field(owner: Any, field: dataclasses.Field[Any]) -> Iterator[tuple[SettingPath, Any]]:
    value = getattr(owner, field.name)
    if value is None or value == ():
        return
    if not field.repr:
        yield (field.name,), _SET
    elif dataclasses.is_dataclass(value):
        for inner in dataclasses.fields(value):
            for path, leaf in _of_field(value, inner):
                yield (field.name, *path), leaf
    else:
        yield (field.name,), value


def _named(prefix: SettingPath, values: Iterator[tuple[SettingPath, Any]]) -> dict[str, Any]:
    return {env_name((*prefix, *path)): value for path, value in values}
