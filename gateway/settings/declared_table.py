"""Reading of a TOML table whose keys are declared: each is known and converted, or becomes a fault."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.settings.keys import SourceKey
from gateway.settings.values import convert


def read_table(raw: Any, keys: Sequence[SourceKey], *, label: str, faults: list[str]) -> dict[str, Any]:
    """The values of a table's keys, those with faults left out. `label` is the table's name in messages."""
    if not isinstance(raw, Mapping):
        faults.append(f"{label}: is no table: write it as [{label}]")
        return {}
    known = {key.name: key for key in keys}
    values: dict[str, Any] = {}
    for name, value in raw.items():
        key = known.get(name)
        if key is None:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            faults.append(f"{label}.{name}: is no setting: {hint}")
            continue
        try:
            values[name] = convert(key, value)
        except ValueError as exc:
            faults.append(f"{label}.{name}: {exc}")
    faults += [
        f"{label}.{key.name}: is not set: set it ({key.help})"
        for key in keys
        if key.required and key.name not in raw
    ]
    return values
