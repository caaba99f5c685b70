"""Records that are not there yet: what is known of them before anybody is asked."""

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
    Records of one resource at one place of an operation: at most `most`, or any number.

    `some` says that there is one at least, wherever the lists that they are from have any. `loaded` are the parts that
    they bring. Of a stub only some keys of the row are known: those in `tells`, or the row decides.
    """

    source: Source
    resource: Resource
    most: int | None
    sample: bool = False
    loaded: frozenset[str] = frozenset()
    stub: bool = False
    tells: frozenset[str] | None = None

    @property
    def type_name(self) -> str:
        """The type that stands in the records' ids."""
        return self.resource.type

    def declared(self, name: str) -> Field | Link | Nested | None:
        """Where a record reads one of its fields, as `Record` has it."""
        if name.endswith(".id"):
            return self.resource.links.get(name[:-3])
        known = self.resource
        return known.fields.get(name) or known.links.get(name) or known.nested.get(name)

    def is_known(self, declaration: Field | Link | Nested) -> bool | None:
        """Whether a stub's row has what is looked at: None where the row decides."""
        if isinstance(declaration, Nested):
            return False
        if self.tells is None:
            return None
        told = [key in self.tells for key in declaration.keys]
        if isinstance(declaration, Field) and declaration.any_of:
            return any(told)
        return all(told)


class _AnyRow(Mapping[str, Any]):
    """A row that has something at every key."""

    def __getitem__(self, key: str) -> Any:
        return "?"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def known_through(link: Link) -> frozenset[str] | None:
    """The keys of the linked record that the row of a link tells, where that is the same for every row."""
    try:
        row = None if link.stub is None else link.stub(_AnyRow())
    except Exception:  # noqa: BLE001 (a row such as this one never comes: nothing can be said)
        return None
    return frozenset(row) if isinstance(row, dict) else None


class _NoTables:
    """Reference tables that have nothing in them."""

    def __getitem__(self, type_name: str) -> Mapping[str, Any]:
        return {}


def lacking(declaration: Field | Link | Nested) -> str | None:
    """The part that a row may lack: where a rule tells by the row, the one that a row without anything lacks."""
    return declaration.detail({}, _NoTables()) if callable(declaration.detail) else declaration.detail


class AnyId(str):
    """The global id of whatever record there will be: `halo:Asset:{id}`."""

    __slots__ = ()


class AssumedIds(RequestContext):
    """The context of an operation that is not run: it also knows ids that stand for any."""

    def checked_id(self, written: str, *types: str) -> GlobalId:
        """A checked global id, or one whose native id is left open."""
        if isinstance(written, AnyId):
            source, type_name, native = written.split(":", 2)
            return GlobalId(source, type_name, native)
        return super().checked_id(written, *types)


def any_id(group: RecordGroup) -> AnyId:
    """The id of any of the group's records."""
    return AnyId(f"{group.source.name}:{group.resource.type}:{{id}}")
