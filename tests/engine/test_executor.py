"""Cost of a level: the details that its fields need are loaded once for all of them."""

from gateway.sandbox import Company
from tests.support.gateway import sandbox


async def test_a_detail_is_got_once_for_all_fields_that_need_it_and_nothing_beside(company: Company) -> None:
    query = '{ assets(first: 5, filter: {source: {eq: "halo"}}) { nodes { model notes purchaseCost macAddress } } }'
    async with sandbox(company, only=("halo",)) as gateway:
        _, lines = await gateway.measure(query)
    assert [line for line in lines if line == "halo /Asset"] == ["halo /Asset"]
    assert sum(line.startswith("halo /Asset/") for line in lines) == 5


async def test_custom_fields_are_whole_whatever_is_asked_for_beside_them(company: Company) -> None:
    alone = '{ assets(first: 40, filter: {source: {eq: "halo"}}) { nodes { id customFields { name displayValue } } } }'
    beside = alone.replace("customFields", "model manufacturer serialNumber ipAddress customFields")
    async with sandbox(company, only=("halo",)) as gateway:
        rows_alone = (await gateway.ask(alone)).whole["assets"]["nodes"]
        rows_beside = (await gateway.ask(beside)).whole["assets"]["nodes"]
    assert [row["customFields"] for row in rows_alone] == [row["customFields"] for row in rows_beside]
