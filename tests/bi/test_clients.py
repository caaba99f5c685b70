"""Clients of OData as their users have them, over HTTP: python-odata, sqlalchemy-odata, and odatapy's own."""

import json
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from gateway.sandbox import make_company
from tests.support.gateway import sandbox


@contextmanager
def serving() -> Iterator[str]:
    """The address of a gateway over the sandbox, in a thread."""
    app = sandbox(make_company(seed=3, assets=60), environ={"GATEWAY_AUTH__API_KEYS": "k"}).app
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.02)
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as served:
        yield served


@pytest.fixture(scope="module")
def assets(address: str) -> list[dict[str, object]]:
    """The rows as `/tables` has them."""
    answer = httpx.get(f"http://{address}/tables/assets.ndjson", auth=("any", "k"), timeout=60)
    return [json.loads(line) for line in answer.text.splitlines()]


@pytest.mark.filterwarnings("default")
def test_python_odata_reads_filters_and_orders(address: str, assets: list[dict[str, object]]) -> None:
    import requests
    from odata import ODataService

    session = requests.Session()
    session.auth = ("any", "k")
    service = ODataService(f"http://{address}/odata/", session=session, reflect_entities=True)
    asset = service.entities["assets"]
    query = service.query(asset).filter(asset.status == "IN_USE").order_by(asset.id.asc())
    expected = sorted(str(row["id"]) for row in assets if row["status"] == "IN_USE")
    assert [row.id for row in query] == expected
    expensive = service.query(asset).filter(asset.purchase_cost > 1000).limit(5).all()
    assert len(expensive) == 5
    session.close()


@pytest.mark.filterwarnings("default")
def test_sqlalchemy_reads_and_joins(
    address: str, assets: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import requests

    sessions: list[requests.Session] = []

    class ClosedSession(requests.Session):
        """It leaves its sessions open."""

        def __init__(self) -> None:
            super().__init__()
            sessions.append(self)

    monkeypatch.setattr(requests, "Session", ClosedSession)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import sqlalchemy

        engine = sqlalchemy.create_engine(f"odata://any:k@{address}/odata")
        with engine.connect() as connection:
            names = sqlalchemy.inspect(engine).get_table_names()
            assert {"assets", "locations", "tickets"} <= set(names)
            statement = "SELECT status, count(*) FROM assets GROUP BY status"
            counts = {row[0]: row[1] for row in connection.execute(sqlalchemy.text(statement))}
            joined = connection.execute(
                sqlalchemy.text("SELECT count(*) FROM assets a JOIN locations l ON a.location_id = l.id")
            ).scalar()
        engine.dispose()
    for session in sessions:
        session.close()
    assert sum(counts.values()) == len(assets)
    assert counts["IN_USE"] == sum(row["status"] == "IN_USE" for row in assets)
    assert joined


def test_odatapy_reads_the_metadata_and_all_pages(address: str, assets: list[dict[str, object]]) -> None:
    from odatapy.client import ODataClient
    from odatapy.client.transport import HttpxTransport

    connection = httpx.Client(auth=("any", "k"), timeout=60)
    client = ODataClient(f"http://{address}/odata", HttpxTransport(connection))
    uri = client.entity_set_uri("assets").select("id", "name").top(50)
    rows = list(client.iter_entities(uri))
    assert [row.get_value("id") for row in rows] == [row["id"] for row in assets[:50]]
    assert client.get_count(client.entity_set_uri("assets")) == len(assets)
    described = client.get_metadata_document()
    assert "AssetGateway.Asset" in described
    connection.close()
