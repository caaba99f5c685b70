"""The gateways that are compared: how each is started over the vendors, and what it is asked."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import install, vendors

ROOT = Path(__file__).parent.parent
_PYTHON = os.environ.get("BENCH_PYTHON", str(ROOT / ".venv/bin/python"))
PORTS = 9201
#: Our gateway on the Python that its image has; "ours" runs on that of .venv, or that BENCH_PYTHON names.
OURS_IN_IMAGE = "ours-3.13"


@dataclass(frozen=True, kw_only=True)
class Start:
    """A process to be started."""

    command: list[str]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """One of those compared. `start` takes its port, the vendors' address, and whether it keeps answers."""

    name: str
    start: Callable[[int, str, bool, Path], Start]
    queries: Mapping[str, str]
    variables: Callable[[str, int], Mapping[str, Any]] = lambda _shape, _number: {}


_NATIVE = "id name user_id team_id asset_type_id assigned_id location_id ip_address created_at updated_at"
_PEERS_Q1 = f"{{ assets {{ {_NATIVE} }} }}"
_PEERS = {
    "Q1": _PEERS_Q1,
    "Q2": "{ assets { id name location { id name location } assigned { id first_name email } } }",
    "Q3": """{
      few { id name user_id team_id asset_type_id ip_address created_at updated_at }
      tether { id asset_tag name manufacturer model serial status purchase_date }
      revnue { id name asset_tag manufacturer serial_number warranty_status warranty_end_date service_start_date }
      halo { assets {
        id inventory_number key_field client_name status_name assettype_name warranty_end supplier_purchasedate } }
      s3s { data {
        id chassis_serial_number assembly_serial_number status server_type server_reference built_by_users
        created_at { date } } }
    }""",
    "Q4": f"{{ asset(id: 1007) {{ {_NATIVE} }} }}",
    "Q5": f"{{ many {{ {_NATIVE} custom_field_values {{ custom_field_id value }} }} }}",
    "Q6": _PEERS_Q1,
}

_CANONICAL = "id nativeId name status organisation ipAddress createdAt updatedAt serialNumber model"
_OF_SOURCE = "filter: {source: {eq: $source}}"
_OURS_Q1 = f"query ($source: String) {{ assets(first: 100, {_OF_SOURCE}) {{ nodes {{ {_CANONICAL} }} }} }}"
OURS = {
    "Q1": _OURS_Q1,
    "Q2": f"""query ($source: String) {{ assets(first: 100, {_OF_SOURCE}) {{
      nodes {{ id name location {{ id name code }} assignedTo {{ id name email }} }} }} }}""",
    "Q3": """query ($sources: [String!]) { assets(first: 100, filter: {source: {in: $sources}}) {
      nodes { id nativeId name assetTag status statusRaw organisation purchaseDate } } }""",
    "Q4": f"query ($id: ID!) {{ asset(id: $id) {{ {_CANONICAL} }} }}",
    "Q5": f"""query ($source: String) {{ assets(first: 5000, {_OF_SOURCE}) {{ nodes {{
      id nativeId name serialNumber status statusRaw manufacturer model assetType category organisation assetTag
      ipAddress macAddress purchaseDate purchaseCost notes createdAt updatedAt deletedAt }} }} }}""",
    "Q6": _OURS_Q1,
}
_KEYS: Mapping[str, Mapping[str, str]] = {
    "fiwit": {"VENDOR": "fiwit", "API_KEY": "bench"},
    "few": {"VENDOR": "fiwit", "API_KEY": "bench"},
    "many": {"VENDOR": "fiwit", "API_KEY": "bench"},
    "halo": {"VENDOR": "halo", "CLIENT_ID": "bench", "CLIENT_SECRET": "bench"},
    "tether": {"VENDOR": "tether", "TOKEN": "bench"},
    "revnue": {"VENDOR": "revnue", "TOKEN": "bench"},
    "s3s": {"VENDOR": "s3s", "API_KEY": "bench"},
}


def our_variables(shape: str, number: int) -> Mapping[str, Any]:
    """The variables of our query, for one account of each vendor."""
    if shape == "Q3":
        return {
            "sources": [vendors.account(name, number) for name in ("few", "halo", "revnue", "s3s", "tether")]
        }
    if shape == "Q4":
        return {"id": f"{vendors.account('fiwit', number)}:Asset:1007"}
    return {"source": vendors.account("many" if shape == "Q5" else "fiwit", number)}


def our_settings(upstream: str, *, cached: bool, accounts: int) -> Mapping[str, str]:
    """The environment of our gateway: so many accounts of each vendor, at their paths below `upstream`."""
    sources = {
        f"GATEWAY_SOURCES__{account.upper()}__{key}": value
        for name, keys in _KEYS.items()
        for account in (vendors.account(name, number) for number in range(accounts))
        for key, value in {**keys, "BASE_URL": f"{upstream}/{account}", "RATE_PER_MINUTE": "0"}.items()
    }
    return {
        **sources,
        "GATEWAY_LIMITS__MAX_PAGE_SIZE": "5000",
        "GATEWAY_CACHE__ENABLED": str(cached).lower(),
    }


def _gateway(
    port: int,
    upstream: str,
    *,
    cached: bool,
    root: Path,
    python: Sequence[str],
    interpreter: Mapping[str, str] | None = None,
) -> Start:
    """`serve` from a checkout that has bytecode, as if installed. `interpreter` is the environment of its Python."""
    env = interpreter or {}
    own = [root / package for package in ("gateway", "resolvers", "schema")]
    install.compile_modules(python, own, env)
    settings = our_settings(upstream, cached=cached, accounts=vendors.ACCOUNTS)
    command = [*python, "-m", "gateway", "serve", "--port", str(port)]
    return Start(command=command, cwd=root, env={**settings, **env})


def _ours(port: int, upstream: str, cached: bool, _: Path) -> Start:  # noqa: FBT001
    return _gateway(port, upstream, cached=cached, root=ROOT, python=[_PYTHON])


def _image(port: int, upstream: str, cached: bool, _: Path) -> Start:  # noqa: FBT001
    python, interpreter = install.image_python(), install.image_environment()
    return _gateway(port, upstream, cached=cached, root=ROOT, python=python, interpreter=interpreter)


def _before(port: int, upstream: str, cached: bool, _: Path) -> Start:  # noqa: FBT001
    if "BENCH_BEFORE" not in os.environ:
        raise install.NotInstalled("BENCH_BEFORE names no checkout of an earlier revision with its .venv")
    root = Path(os.environ["BENCH_BEFORE"])
    return _gateway(port, upstream, cached=cached, root=root, python=[str(root / ".venv/bin/python")])


def _tailcall(port: int, upstream: str, cached: bool, home: Path) -> Start:  # noqa: FBT001
    text = (install.PEERS / "tailcall/main.graphql").read_text()
    filled = {
        "@PORT@": str(port),
        "@UPSTREAM@": upstream,
        "@CACHE@": "@cache(maxAge: 3600000)" if cached else "",
    }
    for mark, value in filled.items():
        text = text.replace(mark, value)
    config = home / f"tailcall-{port}.graphql"
    config.write_text(text)
    env = {"TAILCALL_TRACKER": "false", "TAILCALL_LOG_LEVEL": "warn"}
    return Start(command=[*install.tailcall(), "start", str(config)], cwd=home, env=env)


def _hive(port: int, upstream: str, cached: bool, home: Path) -> Start:  # noqa: FBT001
    folder = install.npm("hive")
    supergraph = home / f"supergraph-{port}.graphql"
    install.compose(folder, supergraph, upstream)
    command = [
        "node",
        "node_modules/.bin/hive-gateway",
        "supergraph",
        str(supergraph),
        "-c",
        "gateway.config.mjs",
    ]
    return Start(
        command=[*command, "-h", "127.0.0.1", "-p", str(port), "--fork", "1", "--jit"],
        cwd=folder,
        env={"NODE_ENV": "production", "CACHE": str(cached).lower()},
    )


def _node(peer: str) -> Callable[[int, str, bool, Path], Start]:
    def start(port: int, upstream: str, cached: bool, _: Path) -> Start:  # noqa: FBT001
        command = ["node", "server.mjs", str(port), upstream, str(cached).lower()]
        return Start(command=command, cwd=install.npm(peer), env={"NODE_ENV": "production"})

    return start


def _strawberry(port: int, upstream: str, cached: bool, _: Path) -> Start:  # noqa: FBT001
    app = str(install.PEERS / "strawberry/app.py")
    return Start(command=[install.strawberry(), app, str(port), upstream, str(cached).lower()], cwd=ROOT)


def _floor(port: int, upstream: str, cached: bool, _: Path) -> Start:  # noqa: FBT001, ARG001
    app = str(Path(__file__).with_name("floor.py"))
    return Start(command=[_PYTHON, app, str(port), upstream], cwd=ROOT)


GATEWAYS = (
    Gateway(name="ours", start=_ours, queries=OURS, variables=our_variables),
    Gateway(name=OURS_IN_IMAGE, start=_image, queries=OURS, variables=our_variables),
    Gateway(name="before", start=_before, queries=OURS, variables=our_variables),
    Gateway(name="floor", start=_floor, queries={shape: shape for shape in OURS}),
    Gateway(name="tailcall", start=_tailcall, queries=_PEERS),
    Gateway(name="mercurius", start=_node("mercurius"), queries=_PEERS),
    Gateway(name="hive", start=_hive, queries=_PEERS),
    Gateway(name="apollo", start=_node("apollo"), queries=_PEERS),
    Gateway(name="strawberry", start=_strawberry, queries=_PEERS),
)
