"""Writing Halo's assets. Halo API, "Device"."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import Action, Draft, IdResolver, InvalidValue, Write
from gateway.connector.description.row_types import Row
from gateway.connector.description.write_fields import backwards, linked, money, text
from gateway.vendors.halo.writes import a_day, deleting, shows, unmade, with_id
from gateway.vendors.halo.writes_fields import asset_type, custom_values, held, name

_KEYS = frozenset(
    {
        "client_id", "site_id", "status_id", "inactive", "contract_id", "supplier_id", "supplier_contract_id",
        "supplier_purchasedate", "manufacturer_id", "item_id", "warranty_start", "warranty_end", "warranty_note",
        "labour_warranty_start", "labour_warranty_end", "commissiondate", "phone_number", "business_owner_id",
        "technical_owner_id", "criticality", "sla_id", "priority_id", "parent_id", "stock_date", "notes", "users",
        "is_primary_asset", "third_party_id", "ethernetMacAddress", "item_cost",
    }
)  # fmt: skip


def asset_actions(statuses: Mapping[str, str], names: Mapping[str, Sequence[str]]) -> Mapping[str, Action]:
    """Of assets. `statuses` are status names by ours; `names` the fields that hold each of ours."""
    others = [
        one
        for key in ("serial_number", "model", "manufacturer", "ip_address", "mac_address")
        for one in names[key]
    ]
    takes = {
        "assetTypeId": asset_type(),
        "locationId": linked("site_id", "Location", fixed=True),
        "assetTag": text("inventory_number", fixed=True),
        "name": name(others),
        "serialNumber": held(names["serial_number"]),
        "model": held(names["model"]),
        "manufacturer": held(names["manufacturer"], instead_of="manufacturer"),
        "ipAddress": held(names["ip_address"]),
        "status": _status(statuses),
        "assignedToId": _assigned(),
        "purchaseDate": a_day("supplier_purchasedate"),
        "purchaseCost": money("item_cost", empty=0),
        "warrantyEndDate": a_day("warranty_end"),
        "notes": text("notes", empty=""),
        "customFields": custom_values(),
    }
    instead = {"categoryId": "its groups follow from `assetTypeId`"}
    return {
        "create": Action(
            method="POST",
            path="/Asset",
            fields=takes,
            required_on_create=("assetTypeId",),
            unsupported_hint=instead,
            vendor_fields=_KEYS,
            finalize=_needs_place,
            is_list_body=True,
            partial_failure=unmade,
        ),
        "update": Action(
            method="POST",
            path="/Asset",
            fields=takes,
            unsupported_hint=instead,
            vendor_fields=_KEYS,
            reads_record=True,
            finalize=with_id,
            is_list_body=True,
            matches_record=shows,
        ),
        "delete": deleting("/Asset"),
    }


def _needs_place(draft: Draft, _: Any) -> None:
    if not {"site_id", "client_id"} & draft.body.keys():
        raise InvalidValue("is needed in Halo, or `client_id` in `vendorFields`", field_path=("locationId",))


def _status(statuses: Mapping[str, str]) -> Write:
    """RETIRED makes an asset inactive; the others are statuses that the operator has mapped."""
    by_ours = {ours: word for ours, word in backwards(statuses).items() if ours != "RETIRED"}

    def converted(given: str, _: IdResolver) -> str | None:
        if given == "RETIRED":
            return None
        if given not in by_ours:
            can = ", ".join(sorted({"RETIRED", *by_ours}))
            raise InvalidValue(
                f"cannot be {given!s} here: set the source's status_map; so far it takes {can}"
            )
        return by_ours[given]

    async def put(draft: Draft, word: str | None) -> None:
        if word is None:
            draft.body["inactive"] = True
            return
        found = await draft.look("/Status", {"type": "asset"})
        for one in found if isinstance(found, list) else ():
            native = convert.identity(one.get("id")) if isinstance(one, Mapping) else None
            if native is not None and (convert.text(one.get("name")) or "").casefold() == word.casefold():
                draft.body["status_id"] = int(native)
                if convert.flag(draft.row.get("inactive")):
                    draft.body["inactive"] = False
                return
        raise InvalidValue(
            f"stands for Halo's status {word!r}, which this account does not have: see its status_map"
        )

    return Write(convert=converted, put=put, not_nullable=True)


def _assigned() -> Write:
    """The first of an asset's users is whom it is assigned to. The list is replaced as a whole: the others stay."""

    def put(draft: Draft, user_id: int | None) -> None:
        others = [one for one in _users(draft.row)[1:] if one != user_id]
        if user_id is None and others:
            raise InvalidValue(
                "has several people in Halo, all of whom this would take away: give those who stay as `users` in "
                "`vendorFields`",
                code="WOULD_LOSE_DATA",
            )
        draft.body["users"] = [] if user_id is None else [{"id": one} for one in (user_id, *others)]

    return Write(convert=linked("users", "Person").convert, put=put, key="users", reads_record=True)


def _users(row: Row) -> list[int]:
    """The ids of all who have the asset. Raises Unfit where the record as it was read does not tell them."""
    there = row.get("users") if row else []
    ids = [
        convert.identity(one.get("id")) if isinstance(one, Mapping) else None
        for one in (there if isinstance(there, list) else [None])
    ]
    if not all(one is not None and one.isdecimal() for one in ids):
        raise InvalidValue(
            "could take it away from others: Halo takes all of `users` at once, and has not told who they are; give "
            "all of them as `users` in `vendorFields`",
            code="WOULD_LOSE_DATA",
        )
    return [int(one or 0) for one in ids]
