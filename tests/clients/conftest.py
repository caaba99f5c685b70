"""Clients of the tables as analysts have them, in an environment of their own: `make test-clients`."""

import os
from collections.abc import Iterator

import pytest

from tests.clients.served_gateway import ServedGateway, served_gateway

#: Elsewhere the clients' packages are not there.
collect_ignore_glob = [] if "CLIENTS_GATEWAY" in os.environ else ["test_*.py", "*_*.py"]


@pytest.fixture(scope="session")
def gateway() -> Iterator[ServedGateway]:
    """The demo, filled once."""
    with served_gateway() as served:
        yield served
