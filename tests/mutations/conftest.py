"""Fixtures that the tests of mutations share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import certifi
import pytest

from gateway.sandbox import Company, make_company
from gateway.sandbox.server import parts
from tests.mutations.house import House


@pytest.fixture(scope="session")
def firm() -> Company:
    """A made-up company of which every vendor knows something."""
    return make_company(seed=3, assets=90)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a single authority: reading all of them takes longer than most of the tests."""
    end = "-----END CERTIFICATE-----\n"
    file = tmp_path_factory.mktemp("tls") / "authority.pem"
    file.write_text(Path(certifi.where()).read_text().partition(end)[0] + end)
    return file


@pytest.fixture
def house(firm: Company, authority: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., House]:
    """Opens a gateway over a vendor's sandbox."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))

    def opened(name: str, *, app: Any = None, **options: Any) -> House:
        return House(name, app or parts()[name].create_app(firm), **options)

    return opened
