"""What tests of several folders share."""

import pytest

from gateway.sandbox import Company, make_company


@pytest.fixture(scope="session")
def company() -> Company:
    """A small made-up company: 60 devices, each known to one vendor or several."""
    return make_company(seed=3, assets=60)


@pytest.fixture(scope="session")
def large() -> Company:
    """Enough devices for several pages of Halo's."""
    return make_company(seed=3, assets=240)
