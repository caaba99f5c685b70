"""S3S, a builder of servers to order: checklists, orders, statistics and test results. Read only."""

from gateway.connector.description.resource import Call, Description, Vendor
from gateway.settings import SourceKey, SourceKeys, SourceSettings
from gateway.upstream.dispatch.auth import FixedHeader
from gateway.vendors.s3s.assets import asset, contract
from gateway.vendors.s3s.checklists import CHECKLISTS
from gateway.vendors.s3s.orders import ORDERS

_KEYS = SourceKeys(
    keys=(
        SourceKey("api_key", "secret", in_header=True, required=True, help="the key from the BTO portal"),
        SourceKey("manufacturer", "text", help="shown as the servers' manufacturer; S3S itself names none"),
        SourceKey(
            "in_build_statuses",
            "words",
            default=(),
            help="checklist statuses that mean that a server is being built",
        ),
    ),
    defaults={"base_url": "https://s3s.eu/api/v2", "concurrency": 4, "timeout_seconds": 8.0},
)


def _describe(settings: SourceSettings) -> Description:
    values = settings.values
    return Description(
        resources=(
            asset(values["manufacturer"], tuple(values["in_build_statuses"])),
            contract(),
            CHECKLISTS,
            ORDERS,
        ),
        calls={
            "checklist.statistics": Call(path="/assets/statistics"),
            "checklist.testResults": Call(path="/assets/test_results/{id}"),
        },
        probe="/assets",
        best_for=("serialNumber", "model"),
    )


VENDOR = Vendor(
    name="s3s",
    keys=_KEYS,
    auth=lambda settings: FixedHeader(f"Bearer {settings.values['api_key']}"),
    describe=_describe,
    about=(
        "S3S, builder of servers to order: build checklists (each is an asset too), test results, "
        "orders. Read only."
    ),
)
