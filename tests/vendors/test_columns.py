"""What a vendor's description says that it looks at in a row, against what it does look at."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from gateway import settings, vendors
from gateway.app import open_sources, vendor_keys
from gateway.connector.description.resource import Field, Link, Nested, Resource
from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.connector.records.record import Record
from gateway.errors import GatewayError
from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.transport.via_httpx import HttpxTransport
from tests.support.gateway import sandbox_sources
from tests.support.upstreams import Upstreams, served

VENDORS = sorted(vendors.load())


class Watched(dict[str, Any]):
    """A row that remembers which of its keys were looked at."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        super().__init__(row)
        self.looked: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.looked.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.looked.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.looked.add(str(key))
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self.looked.update(super().keys())
        return super().__iter__()

    def items(self) -> Any:
        self.looked.update(super().keys())
        return super().items()


def opened(vendor: str, company: Company) -> Source:
    told = sandbox_sources()[vendor]
    environ = {f"GATEWAY_SOURCES__{vendor.upper()}__{key}": one for key, one in told.items()}
    read = settings.load(config=None, environ=environ, vendors=vendor_keys())
    handler = Upstreams({vendor: told["BASE_URL"]}, {vendor: served(create_apps(company)[vendor])})
    return open_sources(read, HttpxTransport(handler=handler))[vendor]


@pytest.mark.parametrize("vendor", VENDORS)
async def test_nothing_is_looked_at_that_is_not_said(vendor: str, company: Company) -> None:
    source = opened(vendor, company)
    session = Session(source, OperationReads(calls=10_000, seconds=60), caching=False)
    faults: set[str] = set()
    for resource in source.resources.values():
        if resource.list is None:
            continue
        try:
            records, _ = await session.pager(resource, {}).read_all()
        except GatewayError:
            continue  # a list that is asked with parameters only
        for record in records[:60]:
            faults |= {one async for one in _unsaid(session, resource, record)}
    await session.reads.close()
    assert not faults, "\n".join(sorted(faults))


async def _unsaid(session: Session, resource: Resource, record: Record) -> Any:
    declared: dict[str, Field | Link | Nested] = {**resource.fields, **resource.links, **resource.nested}
    for name, found in declared.items():
        if found.reads is None or (isinstance(found, Field) and found.raw):
            continue  # all of the row is decoded
        refs = () if isinstance(found, Nested) else found.refs
        await session.read_tables(refs)
        looked = _looked(found, record.row, session.tables)
        # What is looked at in another's place is seen where that one is missing.
        for key in tuple(looked):
            without = {other: value for other, value in record.row.items() if other != key}
            looked |= _looked(found, without, session.tables)
        for key in looked - found.reads.keys():
            yield f"{resource.type}.{name} looks at {key}"


def _looked(found: Field | Link | Nested, told: Mapping[str, Any], tables: Mapping[str, Any]) -> set[str]:
    row = Watched(told)
    if isinstance(found, Nested):
        list(found.read(row))
    elif isinstance(found, Field):
        found.value(row, tables)
    else:
        found.id(row, tables)
        if found.stub is not None:
            found.stub(row)
    if callable(found.detail):
        found.detail(row, tables)
    return row.looked
