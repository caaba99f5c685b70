"""Actions that write Halo's assets. Halo API, "Device"."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import Action, Draft, IdResolver, InvalidValue, Write
from gateway.connector.description.row_types import Row
from gateway.connector.description.write_fields import invert, link_id, money, text
from gateway.literals import is_digits
from gateway.vendors.halo.writes import day_at_midnight, delete_action, matches_body, not_created, put_id
from gateway.vendors.halo.writes_fields import asset_name, asset_type, custom_values, named_value

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
    """Actions on assets. `statuses` are status names by ours; `names` the fields that hold each of our values."""
    others = [
        name
        for key in ("serial_number", "model", "manufacturer", "ip_address", "mac_address")
        for name in names[key]
    ]
    fields = {
        "assetTypeId": asset_type(),
        "locationId": link_id("site_id", "Location", not_nullable=True),
        "assetTag": text("inventory_number", not_nullable=True),
        "name": asset_name(others),
        "serialNumber": named_value(names["serial_number"]),
        "model": named_value(names["model"]),
        "manufacturer": named_value(names["manufacturer"], instead_of="manufacturer"),
        "ipAddress": named_value(names["ip_address"]),
        "status": _status(statuses),
        "assignedToId": _assignee(),
        "purchaseDate": day_at_midnight("supplier_purchasedate"),
        "purchaseCost": money("item_cost", empty=0),
        "warrantyEndDate": day_at_midnight("warranty_end"),
        "notes": text("notes", empty=""),
        "customFields": custom_values(),
    }
    hints = {"categoryId": "its groups follow from `assetTypeId`"}
    return {
        "create": Action(
            method="POST",
            path="/Asset",
            fields=fields,
            required_on_create=("assetTypeId",),
            unsupported_hint=hints,
            vendor_fields=_KEYS,
            finalize=_require_location,
            is_list_body=True,
            partial_failure=not_created,
        ),
        "update": Action(
            method="POST",
            path="/Asset",
            fields=fields,
            unsupported_hint=hints,
            vendor_fields=_KEYS,
            reads_record=True,
            finalize=put_id,
            is_list_body=True,
            matches_record=matches_body,
        ),
        "delete": delete_action("/Asset"),
    }


def _require_location(draft: Draft, _: Any) -> None:
    if not {"site_id", "client_id"} & draft.body.keys():
        raise InvalidValue("is needed in Halo, or `client_id` in `vendorFields`", field_path=("locationId",))


def _status(statuses: Mapping[str, str]) -> Write:
    """Write of the status: RETIRED makes an asset inactive; the others are statuses that the operator has mapped."""
    by_ours = {ours: word for ours, word in invert(statuses).items() if ours != "RETIRED"}

    def converted(status: str, _: IdResolver) -> str | None:
        if status == "RETIRED":
            return None
        if status not in by_ours:
            allowed = ", ".join(sorted({"RETIRED", *by_ours}))
            raise InvalidValue(
                f"cannot be {status!s} here: set the source's status_map; so far it takes {allowed}"
            )
        return by_ours[status]

    async def put(draft: Draft, word: str | None) -> None:
        if word is None:
            draft.body["inactive"] = True
            return
        rows = await draft.read_definition("/Status", {"type": "asset"})
        for row in rows if isinstance(rows, list) else ():
            native_id = convert.identity(row.get("id")) if isinstance(row, Mapping) else None
            if native_id is not None and (convert.text(row.get("name")) or "").casefold() == word.casefold():
                draft.body["status_id"] = int(native_id)
                if convert.flag(draft.row.get("inactive")):
                    draft.body["inactive"] = False
                return
        raise InvalidValue(
            f"stands for Halo's status {word!r}, which this account does not have: see its status_map"
        )

    return Write(convert=converted, put=put, not_nullable=True)


def _assignee() -> Write:
    """Write of the assignee, the first of an asset's users. The list is replaced as a whole: the others stay."""

    def put(draft: Draft, user_id: int | None) -> None:
        others = [id_ for id_ in _users(draft.row)[1:] if id_ != user_id]
        if user_id is None and others:
            raise InvalidValue(
                "has several people in Halo, all of whom this would take away: give those who stay as `users` in "
                "`vendorFields`",
                code="WOULD_LOSE_DATA",
            )
        draft.body["users"] = [] if user_id is None else [{"id": id_} for id_ in (user_id, *others)]

    return Write(convert=link_id("users", "Person").convert, put=put, key="users", reads_record=True)


def _users(row: Row) -> list[int]:
    """The ids of the asset's users. Raises InvalidValue if the record as it was read does not have them."""
    users = row.get("users") if row else []
    ids = [
        convert.identity(user.get("id")) if isinstance(user, Mapping) else None
        for user in (users if isinstance(users, list) else [None])
    ]
    if not all(user_id is not None and is_digits(user_id) for user_id in ids):
        raise InvalidValue(
            "could take it away from others: Halo takes all of `users` at once, and has not told who they are; give "
            "all of them as `users` in `vendorFields`",
            code="WOULD_LOSE_DATA",
        )
    return [int(user_id or 0) for user_id in ids]
