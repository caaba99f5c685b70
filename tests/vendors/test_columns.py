"""The keys of a row that a vendor's description declares, against those that it reads."""

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
from gateway.testing.upstreams import Upstreams, served
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.transport.via_httpx import HttpxTransport
from tests.support.gateway import sandbox_sources

VENDORS = sorted(vendors.load())


class Watched(dict[str, Any]):
    """A row that remembers which of its keys were looked at."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        super().__init__(row)
        self.read_keys: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.read_keys.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.read_keys.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.read_keys.add(str(key))
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self.read_keys.update(super().keys())
        return super().__iter__()

    def items(self) -> Any:
        self.read_keys.update(super().keys())
        return super().items()


def opened(vendor: str, company: Company) -> Source:
    source_settings = sandbox_sources()[vendor]
    environ = {f"GATEWAY_SOURCES__{vendor.upper()}__{key}": value for key, value in source_settings.items()}
    read = settings.load(config=None, environ=environ, vendors=vendor_keys())
    handler = Upstreams({vendor: source_settings["BASE_URL"]}, {vendor: served(create_apps(company)[vendor])})
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
            faults |= {fault async for fault in _undeclared(session, resource, record)}
    await session.reads.close()
    assert not faults, "\n".join(sorted(faults))


async def _undeclared(session: Session, resource: Resource, record: Record) -> Any:
    declared: dict[str, Field | Link | Nested] = {**resource.fields, **resource.links, **resource.nested}
    for name, declaration in declared.items():
        if declaration.reads is None or (isinstance(declaration, Field) and declaration.raw):
            continue  # all of the row is decoded
        refs = () if isinstance(declaration, Nested) else declaration.refs
        await session.read_tables(refs)
        keys = _read_keys(declaration, record.row, session.tables)
        # What is looked at in another's place is seen where that one is missing.
        for key in tuple(keys):
            without = {other: value for other, value in record.row.items() if other != key}
            keys |= _read_keys(declaration, without, session.tables)
        for key in keys - declaration.reads.keys():
            yield f"{resource.type}.{name} looks at {key}"


def _read_keys(
    declaration: Field | Link | Nested, raw: Mapping[str, Any], tables: Mapping[str, Any]
) -> set[str]:
    row = Watched(raw)
    if isinstance(declaration, Nested):
        list(declaration.read(row))
    elif isinstance(declaration, Field):
        declaration.value(row, tables)
    else:
        declaration.id(row, tables)
        if declaration.stub is not None:
            declaration.stub(row)
    if callable(declaration.detail):
        declaration.detail(row, tables)
    return row.read_keys
