"""A policy of the operator's own: Python that gives the roles of a caller."""

import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.access.caller import Caller
from gateway.app import read_settings
from gateway.settings import RoleSettings, SettingsError
from gateway.testing.harness import Gateway
from gateway.testing.upstreams import always
from tests.support.asgi_websocket import opened_websocket

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


MODULE = """
from gateway.settings import RoleSettings

class ByName:
    READER = RoleSettings("reader", sources=("*",), read=("Asset",), hide=("Asset.purchaseCost",))

    def roles(self, caller):
        return [self.READER]

class Failing:
    def roles(self, caller):
        raise ValueError("secret")

class Mistaken:
    def roles(self, caller):
        return [RoleSettings("reader", sources=("*",), read=("Asset",), hide=("Asset.purchasecost",))]

class Strange:
    def roles(self, caller):
        return "all"

READY = ByName()
NOTHING = object()
"""


@pytest.fixture
async def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    (tmp_path / "acme_rights.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield "acme_rights"
    sys.modules.pop("acme_rights", None)


def with_policy(name: str) -> Gateway:
    return Gateway({"tether": TETHER}, {"tether": always([ASSET])}, environ={"GATEWAY_AUTH__POLICY": name})


@pytest.mark.parametrize("name", ["ByName", "READY"])
async def test_a_setting_names_it(module: str, name: str) -> None:
    async with with_policy(f"{module}:{name}") as gateway:
        answer = await gateway.ask("{ assets { nodes { name purchaseCost } } }")
    assert answer.data["assets"] == {"nodes": [{"name": "one", "purchaseCost": None}]}
    assert answer.codes == ["FORBIDDEN"]


@pytest.mark.parametrize("name", ["Failing", "Mistaken", "Strange"])
async def test_whatever_is_wrong_with_it_allows_nothing(
    module: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with with_policy(f"{module}:{name}") as gateway:
        answer = await gateway.ask("{ assets { nodes { name } } }")
        async with opened_websocket(gateway.app) as ws:
            await ws.subscribe("{ assets { nodes { name } } }")
            message = await ws.hear()
        assert gateway.calls == []
    assert (answer.status, answer.codes) == (503, ["INTERNAL"])
    assert "secret" not in answer.text
    assert message["type"] == "error"
    assert message["payload"][0]["extensions"] == {"code": "INTERNAL"}
    assert "the policy failed for anonymous" in caplog.text


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("acme_rights", "is no name"),
        ("acme_rights:Absent", "cannot be loaded: AttributeError"),
        ("acme_none:ByName", "cannot be loaded: ModuleNotFoundError"),
        ("acme_rights:NOTHING", "cannot be loaded: TypeError"),
        ("builtins:dict", "is no policy"),
    ],
)
@pytest.mark.usefixtures("module")
def test_faults_of_the_setting(name: str, reason: str) -> None:
    environ: Any = {"GATEWAY_AUTH__POLICY": name, "GATEWAY_SOURCES__FIWIT__API_KEY": "k"}
    with pytest.raises(SettingsError, match=reason):
        read_settings(None, environ)
