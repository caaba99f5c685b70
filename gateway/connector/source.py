"""A configured account at one vendor, ready to be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.connector import ids
from gateway.connector.spec import Call, Resource, Vendor
from gateway.connector.vocabulary import TYPES
from gateway.errors import BadInput
from gateway.upstream.cache import Cache
from gateway.upstream.client import Target, Upstream
from gateway.upstream.transport import Transport

if TYPE_CHECKING:
    from gateway.settings import SourceSettings


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
    order: int
    """Its place among the sources, by name: equal rows keep this order."""
    probe: str
    """The path of a small read that shows whether the credential works."""

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
            if resource.list is not None and resource.find is None:
                said.append(f"{kind}.list")
            said.append(f"{kind}.get")
        return sorted([*said, *self.calls])

    @classmethod
    def open(
        cls, vendor: Vendor, settings: "SourceSettings", *, order: int, transport: Transport, cache: Cache
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
        )
        return cls(
            name=settings.name,
            vendor=vendor.name.upper(),
            resources={resource.type: resource for resource in told.resources},
            calls=told.calls,
            upstream=Upstream(target, auth=vendor.auth(settings), transport=transport, cache=cache),
            order=order,
            probe=told.probe,
        )

    def check_id(self, wanted: ids.GlobalId) -> None:
        """Raise BadInput where the native id has not the form that this vendor's ids have."""
        resource = self.resources.get(wanted.type)
        if resource is not None and resource.id_form.fullmatch(wanted.native) is None:
            raise BadInput(f"{ids.shown(str(wanted))} is not an id that {self.name} could have given.")
