"""A configured account at one vendor, ready to be asked."""

from collections.abc import Iterator, Mapping
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

#: What tells accounts apart beside their secrets.
_ACCOUNT_KEYS = frozenset({"client_id", "host", "scope", "tenant", "username"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """
    One source: its resources by our type's name, and the upstream that they are asked through.

    `vendor` is the vendor's name as the schema has it. Sources are alike where they are the same object.
    """

    name: str
    vendor: str
    resources: Mapping[str, Resource]
    calls: Mapping[str, Call]
    upstream: Upstream
    tables: dict[str, LoadedTable] = field(default_factory=dict, repr=False)
    """Its reference tables as they were read last. They are looked at only as long as their answers are kept."""
    decoders: ListDecoders
    """How its lists are decoded, for what an operation looks at."""
    order: int
    """Its place among the sources, by name: equal rows keep this order."""
    probe: str
    """The path of a small read that shows whether the credential works."""
    locks: locks.Locks
    """Who is writing which record."""
    idempotency: idempotency.IdempotencyStore
    """What was done under which of the callers' keys."""

    @property
    def operations(self) -> list[str]:
        """
        What the source can do, as `type.verb`.

        A record that is told only inside others can be got, but not listed.
        """
        said: list[str] = []
        shown = {name for names in TYPES.values() for name in names}
        for type_name, resource in self.resources.items():
            if type_name not in shown:
                continue
            kind = type_name[:1].lower() + type_name[1:]
            if resource.list is not None:
                said.append(f"{kind}.list")
            said.append(f"{kind}.get")
            said += [f"{kind}.{verb}" for verb in resource.actions]
            if resource.can_import:
                said.append(f"{kind}.import")
        return sorted([*said, *self.calls])

    @classmethod
    def open(
        cls,
        vendor: Vendor,
        settings: "SourceSettings",
        *,
        order: int,
        outside: UpstreamFactory,
        writing: WriteCoordination,
    ) -> "Source":
        """The source that these settings describe. Nothing is asked of it yet."""
        told = vendor.describe(settings)
        target = Target(
            source=settings.name,
            vendor=vendor.name,
            base_url=settings.base_url,
            headers=told.headers,
            params=told.params,
            timeout_seconds=settings.timeout_seconds,
            concurrency=settings.concurrency,
            account=account(vendor.name, settings.base_url, _credential(vendor, settings)),
            paths=tuple(_paths(told)),
        )
        resources = {resource.type: resource for resource in told.resources}
        return cls(
            name=settings.name,
            vendor=vendor.name.upper(),
            resources=resources,
            decoders=ListDecoders(resources),
            calls=told.calls,
            upstream=outside.open(target, vendor.auth(settings), per_minute=settings.rate_per_minute),
            order=order,
            probe=told.probe,
            # A record is the same through any name or credential; a key is one caller's of one of our sources.
            locks=writing.locks(f"{vendor.name} {settings.base_url}"),
            idempotency=writing.keys(f"{settings.name} {target.account}"),
        )

    def check_id(self, global_id: ids.GlobalId) -> None:
        """Raise BadInput where the native id has not the form that this vendor's ids have."""
        resource = self.resources.get(global_id.type)
        if resource is not None and resource.id_form.fullmatch(global_id.native) is None:
            raise BadInput(f"{ids.shown(str(global_id))} is not an id that {self.name} could have given.")


def _credential(vendor: Vendor, settings: "SourceSettings") -> Mapping[str, Any]:
    """The settings that say whose account it is."""
    names = [key.name for key in vendor.keys.keys if key.kind == "secret" or key.name in _ACCOUNT_KEYS]
    return {name: settings.values.get(name) for name in names}


def _paths(told: Description) -> Iterator[str]:
    """Every path that is asked, as a template."""
    yield told.probe
    yield from (call.path for call in told.calls.values())
    for resource in told.resources:
        if resource.list is not None:
            yield from (resource.list.path, *resource.list.extra_paths)
            if resource.list.fallback_path is not None:
                yield resource.list.fallback_path
        if resource.get is not None:
            yield resource.get.path
        yield from (action.path for action in resource.actions.values())
        if resource.file_import is not None:
            yield resource.file_import.path
