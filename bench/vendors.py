"""The vendors' side: static JSON as their documents have it, made from a seed, and an nginx that serves it."""

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

#: Accounts of each vendor, asked in turns, so that no two calls under way are equal.
ACCOUNTS = 16
#: Assets of Fiwit's accounts, by the start of their names.
FIWIT_ASSETS = {"fiwit": 100, "few": 20, "many": 5000}
_FIELDS = {
    1002: "serial number",
    1003: "model",
    1004: "manufacturer",
    1005: "purchase date",
    1006: "purchase cost",
}
_MAKERS = {
    "Dell": "Latitude 5540",
    "Lenovo": "ThinkPad T14 Gen 4",
    "HP": "EliteBook 840 G10",
    "Apple": "MacBook Pro 14",
}
_PLACES, _USERS = 20, 60
#: The answer to Halo's sign-in.
TOKEN = json.dumps({"access_token": "bench", "token_type": "Bearer", "expires_in": 86400, "scope": "all"})

Row = dict[str, Any]


def account(name: str, number: int) -> str:
    """
    Name of a vendor's account, which is the first part of its paths.

    >>> account("fiwit", 3)
    'fiwit_3'
    """
    return f"{name}_{number}"


def write(root: Path) -> None:
    """The documents as files under `root`, for nginx."""
    for path, document in documents():
        file = root / f"{path}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(document)


def documents() -> Iterator[tuple[str, bytes]]:
    """Path and JSON of all that a gateway may ask for. Every account of a vendor has the same."""
    for path, document in _documents():
        yield path, json.dumps(document, separators=(",", ":")).encode()


def _documents() -> Iterator[tuple[str, Any]]:
    for name, count in FIWIT_ASSETS.items():
        for resource, rows in _fiwit(random.Random(count), count).items():
            yield f"{name}/{resource}", rows
            if name == "fiwit" and resource == "assets":
                yield from ((f"{name}/assets/{row['id']}", row) for row in rows)
    chance = random.Random(7)
    yield "tether/assets", [_tether(chance, number) for number in range(1, 21)]
    yield "tether/locations", [{"id": n, "name": f"Site {n}"} for n in range(1, 6)]
    yield "tether/employees", [{"id": n, "name": f"Employee {n}"} for n in range(1, 10)]
    # the address ends with a slash
    yield "revnue/asset/", [_revnue(chance, number) for number in range(4711, 4731)]
    yield "s3s/assets/checklists", {"data": [_checklist(chance, number) for number in range(123, 143)]}
    yield "halo/Asset", _halo([_device(chance, number) for number in range(1204, 1224)])
    yield "halo/AssetType", [{"id": n, "name": f"Type {n}", "assetgroup_name": "IT"} for n in range(1, 8)]


def nginx_conf(root: Path, ports: Iterable[int], home: Path) -> str:
    """An nginx that serves `root` on the ports, and counts what is asked of each in a log."""
    listens = "\n    ".join(f"listen 127.0.0.1:{port};" for port in ports)
    return f"""
daemon off;
worker_processes 1;
pid {home}/nginx.pid;
error_log {home}/error.log warn;
events {{ worker_connections 2048; }}
http {{
  default_type application/json;
  log_format calls '$server_port $request_uri $status';
  access_log {home}/calls.log calls buffer=256k flush=100ms;
  sendfile on;
  tcp_nodelay on;
  gzip off;
  open_file_cache max=2000 inactive=1h;
  open_file_cache_valid 1h;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  large_client_header_buffers 8 64k;
  client_body_temp_path {home}/tmp;
  proxy_temp_path {home}/tmp;
  fastcgi_temp_path {home}/tmp;
  uwsgi_temp_path {home}/tmp;
  scgi_temp_path {home}/tmp;
  server {{
    {listens}
    root {root};
    rewrite ^/([a-z0-9]+)_[0-9]+/(.*)$ /$1/$2;
    location / {{ try_files $uri.json $uri/.json =404; }}
    location ~ /auth/token$ {{ return 200 '{TOKEN}'; }}
  }}
}}
"""


def _fiwit(chance: random.Random, count: int) -> Mapping[str, list[Row]]:
    stamps = {"created_at": "2020-04-01T05:29:15.710Z", "updated_at": "2020-04-01T05:29:15.725Z"}
    kept = {**stamps, "team_id": 111, "deleted_at": None}
    types = [
        {"id": n, "name": f"Type {n}", "user_id": 85, **kept, "is_machine": True} for n in range(360, 366)
    ]
    fields = [
        {
            "id": number,
            "name": name,
            "description": None,
            "type": "string",
            "value": None,
            "user_id": 85,
            "entity_type_type": "AssetType",
            "entity_type_id": 362,
            **kept,
            "default_value": None,
        }
        for number, name in _FIELDS.items()
    ]
    return {
        "assets": [_fiwit_asset(chance, 1000 + number) for number in range(count)],
        "locations": [
            {"id": n, "name": f"Office {n}", "location": f"AA{n}", "user_id": 85, **kept}
            for n in range(1, _PLACES + 1)
        ],
        "users": [
            {
                "id": n,
                "email": f"person{n}@acme.example",
                "role": "platform_user",
                "first_name": f"First{n}",
                "last_name": f"Last{n}",
            }
            for n in range(1, _USERS + 1)
        ],
        # each at the other's address, as on the vendor's page
        "asset_fields": types,
        "asset_types": fields,
    }


def _fiwit_asset(chance: random.Random, number: int) -> Row:
    created = (
        f"2020-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T05:45:23.{chance.randint(100, 999)}Z"
    )
    updated = (
        f"2021-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T05:45:33.{chance.randint(100, 999)}Z"
    )
    maker = chance.choice(list(_MAKERS))
    values = (
        f"SN{chance.randrange(10**9):09}",
        _MAKERS[maker],
        maker,
        f"2019-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
        f"{chance.randint(200, 4000)}.{chance.randint(0, 99):02}",
    )
    return {
        "id": number,
        "name": f"Laptop BERK{number}",
        "user_id": 85,
        "created_at": created,
        "updated_at": updated,
        "assigned_id": chance.randint(1, _USERS),
        "location_id": chance.randint(1, _PLACES),
        "asset_type_id": chance.randint(360, 365),
        "team_id": 111,
        "deleted_at": None,
        "ip_address": f"10.{chance.randint(0, 255)}.{chance.randint(0, 255)}.{chance.randint(1, 254)}",
        "custom_field_values": [
            {
                "id": number * 10 + place,
                "entity_type": "Asset",
                "entity_id": number,
                "custom_field_id": field,
                "value": value,
                "created_at": created,
                "updated_at": updated,
                "team_id": 111,
                "deleted_at": None,
            }
            for place, (field, value) in enumerate(zip(_FIELDS, values, strict=True))
        ],
    }


def _sample(vendor: str, name: str) -> Any:
    folder = Path(__file__).parent.parent / "gateway" / "vendors" / vendor / "samples"
    return json.loads((folder / f"{name}.json").read_text())


def _tether(chance: random.Random, number: int) -> Row:
    (row,) = _sample("tether", "assets")
    site, employee = chance.randint(1, 5), chance.randint(1, 9)
    own = {
        "id": number,
        "asset_tag": f"IT-{number:04}",
        "serial": f"C02XL{chance.randrange(10**6):06}",
        "location": {"id": site, "name": f"Site {site}"},
        "assigned_to": {"id": employee, "name": f"Employee {employee}"},
    }
    return {**row, **own}


def _revnue(chance: random.Random, number: int) -> Row:
    (row,) = _sample("revnue", "assets")
    own = {"id": number, "asset_tag": f"SW-{number}", "serial_number": f"FOC{chance.randrange(10**8):08}"}
    return {**row, **own, "name": f"Core switch {number}"}


def _checklist(chance: random.Random, number: int) -> Row:
    (row,) = _sample("s3s", "checklist")["data"]
    own = {"id": number, "chassis_serial_number": f"C{chance.randrange(10**15):015}"}
    return {**row, **own, "assembly_serial_number": f"US.2018.{number}"}


def _device(chance: random.Random, number: int) -> Row:
    (row,) = _sample("halo", "assets")["assets"]
    return {
        **row,
        "id": number,
        "inventory_number": f"LT-{number}",
        "key_field": f"5CG{chance.randrange(10**7):07}",
    }


def _halo(rows: list[Row]) -> Row:
    return {**_sample("halo", "assets"), "page_size": 50, "record_count": len(rows), "assets": rows}
