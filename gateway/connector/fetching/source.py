"""Source: a configured account at one vendor."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.connector.description import ids
from gateway.connector.description.resource import Call, Description, Resource, Vendor
from gateway.connector.description.vocabulary import TYPES
from gateway.connector.records.narrow_decoding import ListDecoders
from gateway.connector.records.reference_tables import LoadedTable
from gateway.coordination import idempotency, locks
from gateway.coordination.write_coordination import WriteCoordination
from gateway.errors import BadInput
from gateway.upstream.client import Upstream
from gateway.upstream.http.target import Target
from gateway.upstream.upstreams import UpstreamFactory, account

if TYPE_CHECKING:
    from gateway.settings import SourceSettings

#: Settings that identify an account, beside its secrets.
_ACCOUNT_KEYS = frozenset({"client_id", "host", "scope", "tenant", "username"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """
    Source: its resources by our type's name, and the upstream that requests are sent through.

    `vendor` is the vendor's name as the schema has it. Sources are equal only if they are the same object.
    """

    name: str
    vendor: str
    resources: Mapping[str, Resource]
    calls: Mapping[str, Call]
    upstream: Upstream
    tables: dict[str, LoadedTable] = field(default_factory=dict, repr=False)
    """Reference tables as they were last read. A table is valid as long as its answers are the cached ones."""
    decoders: ListDecoders
    """Decoders of its lists, by an operation's field usage."""
    order: int
    """Its rank among the sources, by name: rows that compare equal are in this order."""
    best_for: tuple[str, ...]
    """Fields of a unified asset that its vendor is to be believed in before others."""
    probe: str
    """Path of a small read that tests the credential."""
    locks: locks.Locks
    """Locks of the records that are being written."""
    idempotency: idempotency.IdempotencyStore
    """Results of writes by the callers' idempotency keys."""
    internal: Mapping[str, Resource] = field(default_factory=dict, repr=False)
    """Resources by type, if not all of them may be seen: those that records are read with, such as reference tables."""

    may_write: Callable[[str], bool] = field(default=lambda _: True, repr=False)
    """True for an operation that the caller may do, such as `asset.checkout`."""

    def readable(self, type_name: str) -> Resource:
        """The resource that other records are read with, be it seen or not."""
        return (self.internal or self.resources)[type_name]

    @property
    def id(self) -> str:
        """The global id, which is no record's."""
        return str(ids.GlobalId(self.name, self.type_name, self.name))

    @property
    def type_name(self) -> str:
        """The schema's type."""
        return "Source"

    @property
    def operations(self) -> list[str]:
        """
        Operations of the source, as `type.verb`, sorted.

        Embedded records can be fetched, but not listed.
        """
        operations: list[str] = []
        public_types = {name for names in TYPES.values() for name in names}
        for type_name, resource in self.resources.items():
            if type_name not in public_types:
                continue
            kind = type_name[:1].lower() + type_name[1:]
            if resource.list is not None:
                operations.append(f"{kind}.list")
            operations.append(f"{kind}.get")
            writes = [*resource.actions, *(["import"] if resource.can_import else [])]
            operations += [f"{kind}.{verb}" for verb in writes if self.may_write(f"{kind}.{verb}")]
        return sorted([*operations, *self.calls])

    @classmethod
    def open(
        cls,
        vendor: Vendor,
        settings: "SourceSettings",
        *,
        order: int,
        upstreams: UpstreamFactory,
        writing: WriteCoordination,
    ) -> "Source":
        """The source that these settings describe. No request is sent yet."""
        description = vendor.describe(settings)
        target = Target(
            source=settings.name,
            vendor=vendor.name,
            base_url=settings.base_url,
            headers=description.headers,
            params=description.params,
            timeout_seconds=settings.timeout_seconds,
            max_wait_seconds=settings.max_wait_seconds,
            concurrency=settings.concurrency,
            account=account(vendor.name, settings.base_url, _credential(vendor, settings)),
            paths=tuple(_paths(description)),
            error_status=description.errors.status if description.errors is not None else None,
        )
        resources = {resource.type: resource for resource in description.resources}
        if len(resources) < len(description.resources):
            raise TypeError("two resources of one type")
        return cls(
            name=settings.name,
            vendor=vendor.name.upper(),
            resources=resources,
            decoders=ListDecoders(resources),
            calls=description.calls,
            upstream=upstreams.open(target, vendor.auth(settings), per_minute=settings.rate_per_minute),
            order=order,
            best_for=description.best_for,
            probe=description.probe,
            # A record is the same through any source name or credential; an idempotency key belongs to one source.
            locks=writing.locks(f"{vendor.name} {settings.base_url}"),
            idempotency=writing.keys(f"{settings.name} {target.account}"),
        )

    def check_id(self, global_id: ids.GlobalId) -> None:
        """Raise BadInput if the native id does not have the form of this vendor's ids."""
        resource = self.resources.get(global_id.type)
        if resource is not None and resource.id_form.fullmatch(global_id.native_id) is None:
            raise BadInput(f"{ids.excerpt(str(global_id))} is not an id that {self.name} could have given.")


def _credential(vendor: Vendor, settings: "SourceSettings") -> Mapping[str, Any]:
    """The settings that identify the account."""
    names = [key.name for key in vendor.keys.keys if key.kind == "secret" or key.name in _ACCOUNT_KEYS]
    return {name: settings.values.get(name) for name in names}


def _paths(description: Description) -> Iterator[str]:
    """Path templates of all requests to the source."""
    yield description.probe
    yield from (call.path for call in description.calls.values())
    for resource in description.resources:
        if resource.list is not None:
            yield from (resource.list.path, *resource.list.extra_paths)
            if resource.list.fallback_path is not None:
                yield resource.list.fallback_path
        if resource.get is not None:
            yield resource.get.path
        yield from (action.path for action in resource.actions.values())
        if resource.file_import is not None:
            yield resource.file_import.path
