"""
Actions of Revnue. Revnue API, "Create Asset" and "Update Asset".

An update replaces the whole record: "any fields not included in the request body will be updated to null". A value
that is read as an object is written as its id, and the country, read as a name, as an id that no call has.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.description.actions import Action, Draft, IdResolver, InvalidValue, Write
from gateway.connector.description.custom_values import CustomValue, custom, match_field
from gateway.connector.description.write_fields import day, invert, link_id, money, own_id, scalar_value, text
from gateway.vendors.revnue.writes_back import KEYS, TABLE, form_fields, matches_body, round_trips


def asset_actions(
    usage: Mapping[str, str], countries: Mapping[str, int], usage_ids: Mapping[str, int]
) -> Mapping[str, Action]:
    """
    Actions on assets. `usage` are usage statuses by ours, `countries` the countries' ids by name.

    `usage_ids` are the usage statuses' ids by word, for accounts that take ids and no words.
    """
    ids = _folded(usage_ids)
    fields = {
        "name": text("name", not_nullable=True),
        "assetTag": text("asset_tag"),
        "serialNumber": text("serial_number"),
        "manufacturer": text("manufacturer"),
        "status": _usage(invert({"production": "IN_USE", **usage}), ids),
        "categoryId": own_id("category", put=_put_category),
        "assignedToId": link_id("asset_owner", "Person"),
        "purchaseCost": money("original_cost"),
        "warrantyEndDate": day("warranty_end_date"),
        "notes": text("asset_notes"),
        "customFields": custom(_put_template, TABLE, value=_value),
    }
    hints = {
        "locationId": "its assets have an address: give `address`, `city` and so on in `vendorFields`",
        "assetTypeId": "its assets have categories: `categoryId`",
        "model": "its assets have categories: `categoryId`",
        "purchaseDate": "it keeps no day of purchase; `service_start_date` can be given in `vendorFields`",
        "ipAddress": "give it in `customFields`, if the asset's form has such a field",
    }
    return {
        "create": Action(
            method="POST",
            path="/asset",
            fields=fields,
            required_on_create=("name",),
            unsupported_hint=hints,
            vendor_fields=KEYS,
        ),
        "update": Action(
            method="PUT",
            path="/asset/{id}",
            fields=fields,
            unsupported_hint=hints,
            vendor_fields=KEYS,
            full_replace=round_trips(_folded(countries), ids),
            refs=(TABLE,),
            matches_record=matches_body,
        ),
    }


def _folded(ids: Mapping[str, int]) -> Mapping[str, int]:
    return {name.casefold(): native_id for name, native_id in ids.items()}


def _usage(words: Mapping[str, str], ids: Mapping[str, int]) -> Write:
    def converted(status: str, _: IdResolver) -> Any:
        word = words.get(status)
        if word is None:
            allowed = ", ".join(sorted(words))
            raise InvalidValue(
                f"cannot be {status!s} here: set the source's usage_status_map; so far it takes {allowed}"
            )
        if ids and word.casefold() not in ids:
            raise InvalidValue(
                f"stands for the usage status {word!r}, which the source's usage_status_ids do not have"
            )
        return word

    def put(draft: Draft, word: str | None) -> None:
        if ids:
            draft.body["asset_usage_status"] = None if word is None else ids[word.casefold()]
        else:
            draft.body["usage_status"] = word

    # The documentation has two names for it. A value that is read by one name is written by that.
    return Write(convert=converted, put=put, synonyms=frozenset({"usage_status", "asset_usage_status"}))


def _value(raw: Any) -> Any:
    """A form's value: a decimal, an integer or a text. Raises InvalidValue."""
    value = scalar_value(raw)
    if isinstance(value, bool):
        raise InvalidValue("must be a text or a number")
    return value


def _put_category(draft: Draft, category: int | None) -> None:
    """Put the category. The subcategory belongs to it, and stays only if the category does."""
    current = draft.body.get("category")
    if category is None:
        draft.body["category"] = None
    elif not isinstance(current, Mapping) or current.get("id") != category:
        draft.body["category"] = {"id": category, "subcategory": None}


def _put_template(draft: Draft, values: Sequence[CustomValue]) -> None:
    """Put values of the asset's form; for an asset without a form, of the only form that has all these fields."""
    template = draft.body.get("template")
    if not isinstance(template, Mapping):
        template = {"id": int(_form_for(draft, values)), "fields": []}
    known = form_fields(str(template["id"]), draft.tables)
    fields = {entry["id"]: entry["value"] for entry in template["fields"]}
    for custom_value in values:
        field_id = match_field(custom_value, known).id
        try:
            draft.claim(field_id)
        except InvalidValue as exc:
            raise custom_value.locate_error(exc) from exc
        fields[int(field_id)] = custom_value.value
    draft.body["template"] = {
        "id": template["id"],
        "fields": [{"id": field_id, "value": value} for field_id, value in fields.items()],
    }


def _form_for(draft: Draft, values: Sequence[CustomValue]) -> str:
    forms = {native_id.split("-")[0] for native_id in draft.tables[TABLE]}
    matching = [
        form for form in sorted(forms) if all(_has(draft, form, custom_value) for custom_value in values)
    ]
    if len(matching) != 1:
        reason = "several forms have" if matching else "no form has all of"
        raise InvalidValue(f"cannot be put: {reason} these fields; give `template` in `vendorFields`")
    return matching[0]


def _has(draft: Draft, form: str, custom_value: CustomValue) -> bool:
    try:
        match_field(custom_value, form_fields(form, draft.tables))
    except InvalidValue:
        return False
    return True
