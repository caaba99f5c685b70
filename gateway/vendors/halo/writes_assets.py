"""Writing Halo's assets. Halo API, "Device"."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector import convert
from gateway.connector.actions_spec import Action, Asked, Draft, Unfit, Write
from gateway.connector.actions_words import backwards, linked, money, text
from gateway.vendors.halo.writes import a_day, deleting, shows, with_id
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
        "assignedToId": linked(None, "Person", put=_put_user),
        "purchaseDate": a_day("supplier_purchasedate"),
        "purchaseCost": money("item_cost", empty=0),
        "warrantyEndDate": a_day("warranty_end"),
        "notes": text("notes", empty=""),
        "customFields": custom_values(),
    }
    takes["assignedToId"] = Write(convert=takes["assignedToId"].convert, put=_put_user, reads=True)
    instead = {"categoryId": "its groups follow from `assetTypeId`"}
    return {
        "create": Action(
            method="POST",
            path="/Asset",
            takes=takes,
            needs=("assetTypeId",),
            instead=instead,
            extra=_KEYS,
            last=_needs_place,
            listed=True,
        ),
        "update": Action(
            method="POST",
            path="/Asset",
            takes=takes,
            instead=instead,
            extra=_KEYS,
            reads=True,
            last=with_id,
            listed=True,
            shows=shows,
        ),
        "delete": deleting("/Asset"),
    }


def _needs_place(draft: Draft, _: Any) -> None:
    if not {"site_id", "client_id"} & draft.body.keys():
        raise Unfit("is needed in Halo, or `client_id` in `vendorFields`", at=("locationId",))


def _status(statuses: Mapping[str, str]) -> Write:
    """RETIRED makes an asset inactive; the others are statuses that the operator has mapped."""
    by_ours = {ours: word for ours, word in backwards(statuses).items() if ours != "RETIRED"}

    def converted(given: str, _: Asked) -> str | None:
        if given == "RETIRED":
            return None
        if given not in by_ours:
            can = ", ".join(sorted({"RETIRED", *by_ours}))
            raise Unfit(f"cannot be {given!s} here: set the source's status_map; so far it takes {can}")
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
        raise Unfit(
            f"stands for Halo's status {word!r}, which this account does not have: see its status_map"
        )

    return Write(convert=converted, put=put, fixed=True)


def _put_user(draft: Draft, user_id: int | None) -> None:
    """The first of an asset's users is whom it is assigned to. The list is replaced as a whole: the others stay."""
    there = draft.row.get("users")
    ids = [
        convert.identity(one.get("id"))
        for one in (there if isinstance(there, list) else ())
        if isinstance(one, Mapping)
    ]
    others = [int(one) for one in ids[1:] if one is not None and one.isdecimal() and one != str(user_id)]
    if user_id is None:
        if others:
            raise Unfit(
                "has several people in Halo, all of whom this would take away: give those who stay as `users` in "
                "`vendorFields`",
                code="WOULD_LOSE_DATA",
            )
        draft.body["users"] = []
        return
    draft.body["users"] = [{"id": user_id}, *({"id": one} for one in others)]
