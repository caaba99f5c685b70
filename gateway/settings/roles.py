"""Reading of the roles, `[roles.NAME]`: their form, and the sources that they name."""

import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gateway.settings.access import RoleLimits, RoleSettings
from gateway.settings.declared_table import read_table
from gateway.settings.keys import SourceKey

_KEYS = (
    SourceKey("sources", "words"),
    SourceKey("read", "words"),
    SourceKey("write", "words"),
    SourceKey("hide", "words"),
    SourceKey("rows", "tables"),
    SourceKey("limits", "table"),
    SourceKey("explore", "flag"),
)
_LIMITS = tuple(
    SourceKey(limit.name, "whole", least=1)
    if limit.name == "concurrent_operations"
    else SourceKey(limit.name, "number", least=0.001)
    for limit in dataclasses.fields(RoleLimits)
)
_FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "read": (re.compile(r"\*|[A-Z][A-Za-z0-9]*"), "a type such as Asset, or *"),
    "write": (
        re.compile(r"\*|[a-z][A-Za-z0-9]*\.(\*|[a-z][A-Za-z0-9]*)"),
        "a mutation such as asset.checkout, ticket.* or *",
    ),
    "hide": (re.compile(r"[A-Z][A-Za-z0-9]*\.[a-z][A-Za-z0-9]*"), "a field such as Asset.purchaseCost"),
}
_NAME_CHARACTERS = 100


def read_role(name: str, raw: Any, *, sources: Collection[str], faults: list[str]) -> RoleSettings | None:
    """
    A role, whose `sources` are among these names, else that is a fault. Faults are added to `faults`; None if what is
    written has not the form of a role.
    """
    label = f"roles.{name}"
    forms: list[str] = []
    if not name.strip() or len(name) > _NAME_CHARACTERS or not name.isprintable():
        forms.append(f"{label}: is no name for a role: write 1 to {_NAME_CHARACTERS} visible characters")
    values = read_table(raw, _KEYS, label=label, faults=forms)
    limits = read_table(values.pop("limits", {}), _LIMITS, label=f"{label}.limits", faults=forms)
    rows = values.pop("rows", {})
    values["sources"] = tuple(source.lower() for source in values.get("sources", ()))
    forms += [
        f"{label}.{key}: {word!r} is not {expected}"
        for key, (form, expected) in _FORMS.items()
        for word in values.get(key, ())
        if not form.fullmatch(word)
    ]
    faults += [*forms, *_unknown_sources(label, values["sources"], rows, known={*sources, "*"})]
    if forms:
        return None
    return RoleSettings(
        name,
        **values,
        rows={source.lower(): fields for source, fields in rows.items()},
        limits=RoleLimits(**limits),
    )


def _unknown_sources(
    label: str, named: Collection[str], rows: Collection[str], *, known: Collection[str]
) -> Iterator[str]:
    there_are = f"there are {', '.join(sorted(set(known) - {'*'})) or 'none'}"
    for source in named:
        if source not in known:
            yield f"{label}.sources: there is no source {source!r}: {there_are}"
    for source in rows:
        if source.lower() not in known or source == "*":
            yield f"{label}.rows.{source}: there is no source of this name: {there_are}"
