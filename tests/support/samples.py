"""The vendors' own example answers, served at the addresses that they are examples of."""

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from gateway.testing.case import ListCase, VendorCase
from gateway.testing.upstreams import Handler, answered, paths
from tests.support.gateway import Gateway, sandbox_sources

#: Which sample answers which address, below the sources' base URLs.
ADDRESSES: Mapping[str, Mapping[str, str]] = {
    "fiwit": {
        "/assets": "assets",
        "/assets/127": "asset",
        "/asset_fields": "asset_fields",
        "/asset_types": "asset_types",
        "/tickets": "tickets",
        "/tickets/52": "ticket",
        "/ticket_fields": "ticket_fields",
        "/ticket_types": "ticket_types",
        "/locations": "locations",
        "/users": "users",
    },
    "halo": {
        "/auth/token": "token",
        "/Asset": "assets",
        "/Asset/1204": "asset",
        "/Asset/NextTag": "next_tag",
        "/AssetChange": "asset_changes",
        "/AssetSoftware": "asset_software",
        "/AssetType": "asset_types",
        "/Certificate": "certificates",
        "/ClientContract": "client_contracts",
        "/SoftwareLicence": "licences",
        "/SoftwareLicence/207": "licence",
        "/LicenceChange": "licence_changes",
        "/SoftwareLicenceRole": "licence_roles",
        "/LicenseInfo": "licence_infos",
        "/MeterReading": "meter_readings",
        "/Priority": "priorities",
        "/Site": "sites",
        "/Site/18": "site",
        "/Status": "statuses",
        "/Tickets": "tickets",
        "/Tickets/4201": "ticket",
        "/TicketType": "ticket_types",
        "/Users": "users",
        "/Agent": "agents",
    },
    "revnue": {
        "/asset/": "assets",
        "/asset/4711/": "asset",
        "/contract/": "contracts",
        "/custom-form-template/": "custom_form_templates",
    },
    "s3s": {"/assets": "assets", "/assets/checklists": "checklist", "/assets/checklists/123": "checklist"},
    "tether": {"/assets": "assets", "/assets/42/history": "history"},
}


@cache
def _text(vendor: str, name: str) -> str:
    return (files("gateway.vendors") / vendor / "samples" / f"{name}.json").read_text("utf-8")


def sample(vendor: str, name: str) -> Any:
    """A sample, fresh at each call."""
    return json.loads(_text(vendor, name))


def addresses(vendor: str) -> dict[str, Any]:
    """A vendor's answers by address, each fresh."""
    found = {path: sample(vendor, name) for path, name in ADDRESSES[vendor].items()}
    if vendor == "tether":
        found["/auth/login"] = {"access_token": "a-token", "token_type": "bearer"}
        found["/assets/42"] = found["/assets"][0]
        found["/locations"] = [copy.deepcopy(found["/assets"][0]["location"])]
        found["/employees"] = [copy.deepcopy(found["/assets"][0]["assigned_to"])]
    return found


def sampled(vendor: str, *, but: Mapping[str, Any] | None = None) -> Handler:
    """A handler that gives a vendor's samples, and something else at the addresses in `but`."""
    base = {"halo": "/api", "revnue": "/api/v2", "s3s": "/api/v2", "tether": "/api", "fiwit": ""}[vendor]
    return paths({**addresses(vendor), **(but or {})}, base=base)


def of_samples(
    vendor: str, *, but: Mapping[str, Any] | None = None, settings: Mapping[str, str] | None = None
) -> Gateway:
    """A gateway over one vendor that gives its samples."""
    source = sandbox_sources()[vendor] | dict(settings or {})
    return Gateway({vendor: source}, {vendor: sampled(vendor, but=but)})


A_RECORD = {"fiwit": "127", "halo": "1204", "revnue": "4711", "s3s": "123", "tether": "42"}
_RELATIONS = {
    "Asset": "location { id name } assignedTo { id name } owner { id name } contract { id number }",
    "Ticket": "requester { id name } assignee { id name } location { id name }",
    "Checklist": "asset { id name }",
}
_LISTS = {"assets": "Asset"}
_MORE_LISTS = {
    "fiwit": {"tickets": "Ticket"},
    "halo": {"tickets": "Ticket"},
    "s3s": {"checklists": "Checklist"},
}


def list_case(vendor: str, root: str, type_name: str) -> ListCase:
    """A list with a sample row."""
    path = "/asset/" if vendor == "revnue" else f"/{root}"
    envelope: Callable[[Sequence[Any]], Any] = list
    if vendor == "halo":
        path = {"assets": "/Asset", "tickets": "/Tickets"}[root]
        row = {**sample("halo", root)[root][0], **sample("halo", root.removesuffix("s"))}
        # Its details are as odd as its lists.
        return ListCase(
            type=type_name,
            path=path,
            row=row,
            envelope=lambda rows: {"record_count": len(rows), root: rows},
            details=lambda rows: {f"{path}/{row['id']}": row for row in rows},
            relations=_RELATIONS[type_name],
            excluded=_EXCLUDED,
        )
    if vendor == "s3s":
        path, envelope = "/assets/checklists", lambda rows: {"data": rows}
        row = sample("s3s", "checklist")["data"][0]
    else:
        row = sample(vendor, root)[0]
    return ListCase(
        type=type_name,
        path=path,
        row=row,
        envelope=envelope,
        relations=_RELATIONS[type_name],
        excluded=_EXCLUDED,
    )


_EXCLUDED = frozenset({"checkoutHistory", "testResults"})


def vendor_case(vendor: str) -> VendorCase:
    """A vendor of the gateway's own with its samples, as the conformance kit takes it."""
    lists = {
        root: list_case(vendor, root, type_name)
        for root, type_name in (_LISTS | _MORE_LISTS.get(vendor, {})).items()
    }
    inward = {
        "halo": {"/auth/token": sample("halo", "token")},
        "tether": {"/auth/login": {"access_token": "t"}},
    }
    return VendorCase(
        name=vendor,
        settings=sandbox_sources()[vendor],
        answers=lambda: addresses(vendor),
        lists=lists,
        get_path=f"{lists['assets'].path.rstrip('/')}/{{id}}{'/' if vendor == 'revnue' else ''}",
        asset_id=A_RECORD[vendor],
        sign_in=inward.get(vendor, {}),
    )


__all__ = ["ADDRESSES", "addresses", "answered", "of_samples", "sample", "sampled"]
