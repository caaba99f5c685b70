"""A policy of the operator's own: Python that gives the roles of a caller."""

from collections.abc import Sequence

from gateway.access.caller import Caller
from gateway.settings import RoleSettings
from gateway.testing.harness import Gateway
from gateway.testing.upstreams import always

TETHER = {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "t"}
ASSET = {"id": 1, "name": "one", "status": "available", "purchase_cost": "5.00"}
ROLES = {
    "reader": RoleSettings("reader", sources=("*",), read=("Asset",), hide=("Asset.purchaseCost",)),
    "nobody": RoleSettings("nobody"),
}


class Switch:
    """A policy that changes its mind."""

    def __init__(self) -> None:
        self.names: Sequence[str] | None = None
        self.callers: list[str] = []

    def roles(self, caller: Caller) -> Sequence[RoleSettings] | None:
        self.callers.append(caller.name)
        return None if self.names is None else [ROLES[name] for name in self.names]


async def test_a_policy_decides_at_each_request() -> None:
    policy = Switch()
    query = "{ assets { nodes { name purchaseCost } } sources { name } }"
    async with Gateway({"tether": TETHER}, {"tether": always([ASSET])}, policy=policy) as gateway:
        whole = await gateway.ask(query)
        policy.names = ["reader"]
        reader = await gateway.ask(query)
        policy.names = []
        nothing = await gateway.ask(query)
    assert whole.whole == {
        "assets": {"nodes": [{"name": "one", "purchaseCost": "5.00"}]},
        "sources": [{"name": "tether"}],
    }
    assert reader.data["assets"] == {"nodes": [{"name": "one", "purchaseCost": None}]}
    assert reader.codes == ["FORBIDDEN"]
    assert nothing.data == {"assets": {"nodes": []}, "sources": []}
    assert set(policy.callers) == {"anonymous"}
