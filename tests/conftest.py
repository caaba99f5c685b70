"""What tests of several folders share."""

import pytest
from hypothesis import settings

from gateway.sandbox import Company, make_company

# The same code has the same verdict at each run; `pytest --hypothesis-profile=default` makes up other examples.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def company() -> Company:
    """A small made-up company: 60 devices, each known to one vendor or several."""
    return make_company(seed=3, assets=60)


@pytest.fixture(scope="session")
def large() -> Company:
    """Enough devices for several pages of Halo's."""
    return make_company(seed=3, assets=240)
