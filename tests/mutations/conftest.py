"""What the tests of mutations share."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.sandbox import Company, make_company
from gateway.sandbox.server import parts
from tests.mutations.house import House


@pytest.fixture(scope="session")
def firm() -> Company:
    """A made-up company of which every vendor knows something."""
    return make_company(seed=3, assets=90)


@pytest.fixture
def house(firm: Company) -> Callable[..., House]:
    """Opens a gateway over a vendor's sandbox."""

    def opened(name: str, *, app: Any = None, **options: Any) -> House:
        return House(name, app or parts()[name].create_app(firm), **options)

    return opened
