"""A gateway over one vendor's sandbox, whose every request is written down, and which can lose an answer."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx

from tests.support.gateway import Answer, Gateway, sandbox_sources
from tests.support.upstreams import answered, served

PAYLOAD = "userErrors { code message field } planned { method url body }"
#: All of an asset that costs no call for other records.
ASSET = (
    "id nativeId name assetTag serialNumber status statusRaw manufacturer model category assetType organisation "
    "ipAddress macAddress purchaseDate purchaseCost notes supplier depreciationSchedule salvageValue deletedAt "
    "location { id } assignedTo { id } owner { id } contract { id number } customFields { id name value } "
    "warranty { type provider startDate endDate endOfLifeDate contactPhone contactEmail notes } "
    "support { type provider startDate endDate contactPhone contactEmail notes }"
)
TICKET = (
    "id subject description status statusRaw priority priorityRaw ticketType organisation requester { id } "
    "assignee { id name } location { id } customFields { id name value }"
)


class Vendor:
    """A vendor's sandbox behind a door that remembers. `lose` has the next write's answer lost, before or after it."""

    def __init__(self, app: Any) -> None:
        self._ask = served(app)
        self.writes: list[tuple[str, str, Any]] = []
        self.sent: list[httpx.Request] = []
        self.reads: list[str] = []
        self.lose: str | None = None
        self.answer: httpx.Response | None = None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        if "/auth" in path:
            return await self._asked(request)
        if request.method == "GET":
            self.reads.append(path)
            return await self._asked(request)
        content = request.content
        is_json = request.headers.get("content-type") == "application/json"
        self.writes.append(
            (request.method, path, json.loads(content, parse_float=Decimal) if is_json else content)
        )
        self.sent.append(request)
        how, self.lose = self.lose, None
        if how == "before":
            raise httpx.ReadError("gone", request=request)
        if self.answer is not None:
            return self.answer
        answer = await self._asked(request)
        if how == "after":
            await answer.aread()
            raise httpx.ReadError("gone", request=request)
        if how == "500":
            return answered("<html>Oops</html>", status=500)
        return answer

    async def _asked(self, request: httpx.Request) -> httpx.Response:
        found = self._ask(request)
        return found if isinstance(found, httpx.Response) else await found


class House(Gateway):
    """A gateway with one source, and the vendor behind it."""

    def __init__(self, name: str, app: Any, **options: Any) -> None:
        self.vendor = Vendor(app)
        self.name = name
        super().__init__({name: sandbox_sources()[name]}, {name: self.vendor}, cached=True, **options)

    async def do(self, mutation: str, shown: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a mutation answers, where it brings no errors."""
        answer = await self.attempt(mutation, shown, given)
        found: dict[str, Any] = answer.whole[mutation]
        return found

    async def attempt(self, mutation: str, shown: str, given: Mapping[str, Any]) -> Answer:
        """The whole answer to a mutation."""
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        kind = {"CheckoutAssetInput": kind}.get(
            kind, "DeleteInput" if mutation.startswith("delete") else kind
        )
        return await self.ask(
            f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {shown} {PAYLOAD} }} }}", input=given
        )

    async def asset(self, id_: str, shown: str = ASSET) -> Any:
        """An asset, read by a query of its own."""
        return (await self.ask(f"query($id: ID!) {{ asset(id: $id) {{ {shown} }} }}", id=id_)).whole["asset"]

    async def assets(self, shown: str = ASSET, **given: Any) -> list[Any]:
        """Assets by a filter."""
        asked = await self.ask(
            f"query($filter: AssetFilter) {{ assets(first: 500, filter: $filter) {{ nodes {{ {shown} }} }} }}",
            filter=given or None,
        )
        found: list[Any] = asked.whole["assets"]["nodes"]
        return found


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What is not as it was."""
    return {key: after[key] for key in after if before[key] != after[key]}


def codes(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The refusals, each with its field."""
    return [(one["code"], ".".join(one["field"] or ())) for one in found["userErrors"]]
