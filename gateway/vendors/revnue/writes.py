"""
What Revnue can be told to do. Revnue API, "Create Asset" and "Update Asset".

An update replaces the whole record: "any fields not included in the request body will be updated to null". What is
read as an object is written as its id, and the country, read as a name, as an id that no call tells.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.description.actions import Action, Draft, IdResolver, InvalidValue, Write
from gateway.connector.description.custom_values import CustomValue, custom, match_field
from gateway.connector.description.write_fields import backwards, day, linked, money, own_id, plain, text
from gateway.vendors.revnue.writes_back import KEYS, TABLE, carries, of_form, shows


def asset_actions(
    usage: Mapping[str, str], countries: Mapping[str, int], usage_ids: Mapping[str, int]
) -> Mapping[str, Action]:
    """
    Of assets. `usage` are usage statuses by ours, `countries` the countries' ids by name.

    `usage_ids` are the usage statuses' ids by word, for accounts that take ids and no words.
    """
    ids = _folded(usage_ids)
    takes = {
        "name": text("name", fixed=True),
        "assetTag": text("asset_tag"),
        "serialNumber": text("serial_number"),
        "manufacturer": text("manufacturer"),
        "status": _usage(backwards({"production": "IN_USE", **usage}), ids),
        "categoryId": own_id("category", put=_put_category),
        "assignedToId": linked("asset_owner", "Person"),
        "purchaseCost": money("original_cost"),
        "warrantyEndDate": day("warranty_end_date"),
        "notes": text("asset_notes"),
        "customFields": custom(_put_template, TABLE, value=_value),
    }
    instead = {
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
            fields=takes,
            required_on_create=("name",),
            unsupported_hint=instead,
            vendor_fields=KEYS,
        ),
        "update": Action(
            method="PUT",
            path="/asset/{id}",
            fields=takes,
            unsupported_hint=instead,
            vendor_fields=KEYS,
            full_replace=carries(_folded(countries), ids),
            refs=(TABLE,),
            matches_record=shows,
        ),
    }


def _folded(ids: Mapping[str, int]) -> Mapping[str, int]:
    return {name.casefold(): native for name, native in ids.items()}


def _usage(words: Mapping[str, str], ids: Mapping[str, int]) -> Write:
    def converted(given: str, _: IdResolver) -> Any:
        word = words.get(given)
        if word is None:
            can = ", ".join(sorted(words))
            raise InvalidValue(
                f"cannot be {given!s} here: set the source's usage_status_map; so far it takes {can}"
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

    # The documentation has two names for it. What is read as one of them goes back as that.
    return Write(convert=converted, put=put, synonyms=frozenset({"usage_status", "asset_usage_status"}))


def _value(given: Any) -> Any:
    """A form's value: a decimal, an integer or a text."""
    found = plain(given)
    if isinstance(found, bool):
        raise InvalidValue("must be a text or a number")
    return found


def _put_category(draft: Draft, category: int | None) -> None:
    """The subcategory belongs to the category: it stays only with it."""
    there = draft.body.get("category")
    if category is None:
        draft.body["category"] = None
    elif not isinstance(there, Mapping) or there.get("id") != category:
        draft.body["category"] = {"id": category, "subcategory": None}


def _put_template(draft: Draft, values: Sequence[CustomValue]) -> None:
    """Values of the asset's form; for one without a form, of the only form that has all these fields."""
    template = draft.body.get("template")
    if not isinstance(template, Mapping):
        template = {"id": int(_form_for(draft, values)), "fields": []}
    known = of_form(str(template["id"]), draft.tables)
    fields = {one["id"]: one["value"] for one in template["fields"]}
    for given in values:
        native = match_field(given, known).id
        try:
            draft.claim(native)
        except InvalidValue as exc:
            raise given.within(exc) from exc
        fields[int(native)] = given.value
    draft.body["template"] = {
        "id": template["id"],
        "fields": [{"id": native, "value": value} for native, value in fields.items()],
    }


def _form_for(draft: Draft, values: Sequence[CustomValue]) -> str:
    forms = {native.split("-")[0] for native in draft.tables[TABLE]}
    fits = [form for form in sorted(forms) if all(_has(draft, form, given) for given in values)]
    if len(fits) != 1:
        which = "several forms have" if fits else "no form has all of"
        raise InvalidValue(f"cannot be put: {which} these fields; give `template` in `vendorFields`")
    return fits[0]


def _has(draft: Draft, form: str, given: CustomValue) -> bool:
    try:
        match_field(given, of_form(form, draft.tables))
    except InvalidValue:
        return False
    return True
