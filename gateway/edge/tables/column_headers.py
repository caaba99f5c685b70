"""Headers that name, by source, the columns that are null since they were not read, or for values that do not fit."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from gateway.tables.manifest import TableSnapshot


@dataclass(frozen=True, kw_only=True)
class ColumnsShown:
    """A version of a table, and the columns of it that an answer shows. `prefix` goes before their names."""

    snapshot: TableSnapshot
    columns: Collection[str]
    prefix: str = ""


def column_headers(shown: Iterable[ColumnsShown], sources: Collection[str]) -> dict[str, str]:
    """`Not-Read` and `Unfit-Values`: `halo;columns="notes purchase_cost"`, of these sources."""
    tables = list(shown)
    headers: dict[str, str] = {}
    for header, attribute in (("not-read", "not_read"), ("unfit-values", "unfit")):
        written: dict[str, list[str]] = {}
        for table in tables:
            for source, part in table.snapshot.sources.items():
                names = [name for name in getattr(part, attribute) if name in table.columns]
                if source in sources and names:
                    written.setdefault(source, []).extend(f"{table.prefix}{name}" for name in names)
        if written:
            headers[header] = ", ".join(
                f'{name};columns="{" ".join(names)}"' for name, names in written.items()
            )
    return headers
