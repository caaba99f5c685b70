"""Groups of records in an explanation: the facts that are known of records before any read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.connector.description.ids import GlobalId
from gateway.connector.description.resource import Field, Link, Nested, Resource
from gateway.connector.fetching.source import Source
from resolvers.context import RequestContext


@dataclass(frozen=True)
class RecordGroup:
    """
    Records of one resource at one path of an operation: at most `most`, None for any number.

    `sample` is true if there is at least one of them whenever their lists have any. `loaded` are the details that their
    rows have. A stub's row has only the keys in `known_keys`; None if that depends on the row.
    """

    source: Source
    resource: Resource
    most: int | None
    sample: bool = False
    loaded: frozenset[str] = frozenset()
    stub: bool = False
    known_keys: frozenset[str] | None = None

    def declarations(self, name: str) -> list[Field | Link | Nested]:
        """The declarations that a name means: one that ends with a dot all of a nested object."""
        if name.endswith("."):
            return [field for known, field in self.resource.fields.items() if known.startswith(name)]
        declaration = self.declared(name)
        return [] if declaration is None else [declaration]

    @property
    def type_name(self) -> str:
        """The type in the records' global ids."""
        return self.resource.type

    def declared(self, name: str) -> Field | Link | Nested | None:
        """The declaration of a field, link or nested record, as in `Record.declared`."""
        if name.endswith(".id"):
            return self.resource.links.get(name[:-3])
        resource = self.resource
        return resource.fields.get(name) or resource.links.get(name) or resource.nested.get(name)

    def is_known(self, declaration: Field | Link | Nested) -> bool | None:
        """True if a stub's row has the keys of a declaration; None if that depends on the row."""
        if isinstance(declaration, Nested):
            return False
        if self.known_keys is None:
            return None
        known = [key in self.known_keys for key in declaration.keys]
        if isinstance(declaration, Field) and declaration.any_of:
            return any(known)
        return all(known)


class _AnyRow(Mapping[str, Any]):
    """A row that has a value for every key."""

    def __getitem__(self, key: str) -> Any:
        return "?"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def known_through(link: Link) -> frozenset[str] | None:
    """The keys of the stub that a link's row gives; None if they depend on the row."""
    try:
        row = None if link.stub is None else link.stub(_AnyRow())
    except Exception:  # noqa: BLE001 (no real row is like this one: the keys are unknown)
        return None
    return frozenset(row) if isinstance(row, dict) else None


class _NoTables:
    """Reference tables without rows."""

    def __getitem__(self, type_name: str) -> Mapping[str, Any]:
        return {}


def missing_detail(declaration: Field | Link | Nested) -> str | None:
    """The detail that a row may lack; if a rule decides by the row, the one that an empty row lacks."""
    return declaration.detail({}, _NoTables()) if callable(declaration.detail) else declaration.detail


class AnyId(str):
    """Placeholder for the global id of any record of a type: `halo:Asset:{id}`."""

    __slots__ = ()


class ExplainContext(RequestContext):
    """The context of an operation that is explained, not run: it also accepts placeholders for ids."""

    def __init__(self, sources: Mapping[str, Source], **options: Any) -> None:
        """As for a run, without its shared plans: a plan for a placeholder would let a run's filter by one pass."""
        super().__init__(sources, **{**options, "plans": None})

    def checked_id(self, written: str, *types: str) -> GlobalId:
        """A checked global id, or a placeholder."""
        if isinstance(written, AnyId):
            source, type_name, native = written.split(":", 2)
            return GlobalId(source, type_name, native)
        return super().checked_id(written, *types)


def any_id(group: RecordGroup) -> AnyId:
    """The placeholder for the ids of the group's records."""
    return AnyId(f"{group.source.name}:{group.resource.type}:{{id}}")
