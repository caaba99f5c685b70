"""
Writing of the values that Halo keeps in an asset's `fields` and `customfields`.

A posted array replaces the record's as a whole, so that all current values are posted along.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import Draft, IdResolver, InvalidValue, Write
from gateway.connector.description.custom_values import (
    CustomValue,
    KnownField,
    choose_field,
    custom,
    match_field,
)
from gateway.connector.description.field_names import normalize_name, rank_names
from gateway.connector.description.row_types import Row
from gateway.connector.description.write_fields import own_id, scalar_value
from gateway.vendors.halo.named import TYPES

_KEY_FIELDS = ("keyfield", "keyfield2", "keyfield3")
_FIELDS, _CUSTOM = "fields", "customfields"


async def known_fields(draft: Draft) -> list[KnownField]:
    """The fields of an asset: of its row if that has them all, else, and for a new type, of the type's definition."""
    if not _changes_type(draft) and _is_complete(draft.row, _FIELDS):
        return _known_fields_of(draft.row[_FIELDS], "id", (_FIELDS, "name"))
    return _known_fields_of((await _type(draft)).get("fields"), "field_id", (_FIELDS, "name"))


async def _type(draft: Draft) -> Row:
    """The detailed definition of the asset's type; empty if there is none."""
    type_id = convert.identity(draft.values.get("assetTypeId", draft.row.get("assettype_id")))
    definition = await draft.read_definition(f"/AssetType/{type_id}") if type_id is not None else None
    return definition if isinstance(definition, Mapping) else {}


def _changes_type(draft: Draft) -> bool:
    type_id = draft.values.get("assetTypeId")
    return type_id is not None and convert.identity(draft.row.get("assettype_id")) != str(type_id)


def _known_fields_of(rows: Any, id_key: str, kind_and_name_key: tuple[str, str]) -> list[KnownField]:
    kind, name_key = kind_and_name_key
    fields: list[KnownField] = []
    for row in rows if isinstance(rows, list) else ():
        native_id = convert.identity(row.get(id_key)) if isinstance(row, Mapping) else None
        if native_id is not None:
            name = convert.text(row.get(name_key)) or convert.text(row.get("name")) or native_id
            fields.append(KnownField(native_id, name, (kind, row)))
    return fields


async def put_value(draft: Draft, field: KnownField, value: Any) -> None:
    """Put a field's value among all the current ones. Raises InvalidValue if those are not known."""
    kind = field.definition[0]
    draft.claim(f"{kind}.{field.id}")
    if kind not in draft.body:
        kept_ids = {entry.id for entry in await known_fields(draft)} if kind == _FIELDS else None
        draft.body[kind] = _current_values(draft.row, kind, kept_ids)
    for entry in draft.body[kind]:
        if convert.identity(entry["id"]) == field.id:
            entry["value"] = value
            return
    draft.body[kind].append({"id": int(field.id), "value": value})


def _current_values(row: Row, kind: str, kept_ids: AbstractSet[str] | None) -> list[dict[str, Any]]:
    """
    The record's current values, to be posted again: Halo replaces the array as a whole.

    Raises InvalidValue if the record as it was read does not have them all.
    """
    if not row:
        return []
    if not _is_complete(row, kind):
        raise InvalidValue(
            f"would empty other fields of the record: Halo takes all of `{kind}` at once, and has not told what is in "
            "it",
            code="WOULD_LOSE_DATA",
        )
    values = {
        str(convert.identity(entry["id"])): {"id": entry["id"], "value": entry.get("value")}
        for entry in row[kind]
    }
    return [entry for native_id, entry in values.items() if kept_ids is None or native_id in kept_ids]


def _is_complete(row: Row, kind: str) -> bool:
    """True if a row has all values of a kind, each with its field's id. A field that displays nothing may have none."""
    entries = row.get(kind)
    return isinstance(entries, list) and all(
        isinstance(entry, Mapping)
        and convert.identity(entry.get("id")) is not None
        and ("value" in entry or not entry.get("display"))
        for entry in entries
    )


def named_value(names: Sequence[str], *, instead_of: str | None = None) -> Write:
    """
    Write of one of our values that Halo keeps in a field which each customer names.

    It is written to the field that it is read from. If the row has it in `instead_of`, it is an entry of a list, and
    its text cannot be written: InvalidValue.
    """
    ranks = rank_names(names)

    def converted(value: str, _: IdResolver) -> str:
        return value

    async def put(draft: Draft, value: str | None) -> None:
        if instead_of is not None and convert.text(draft.row.get(f"{instead_of}_name")):
            raise InvalidValue(
                f"is chosen from a list in Halo: give the entry's id as `{instead_of}_id` in `vendorFields`"
            )
        known = await known_fields(draft)
        keys = [key for key in await _key_fields(draft, known) if normalize_name(key.name) in ranks]
        field = (
            keys[0] if keys else choose_field(names, known, has_value=lambda id_: _has_value(draft.row, id_))
        )
        if convert.integer(field.definition[1].get("lookup")):
            raise InvalidValue(
                f"is chosen from a list in Halo: give the entry's id in `customFields`, by the id {field.id}"
            )
        await put_value(draft, field, value or "")

    also = frozenset() if instead_of is None else frozenset({f"{instead_of}_id"})
    return Write(convert=converted, put=put, synonyms=also, refs=(TYPES,), reads_record=True)


def _has_value(row: Row, field_id: str) -> bool:
    return any(
        convert.identity(entry.get("id")) == field_id and not convert.is_blank(entry.get("value"))
        for entry in row.get(_FIELDS) or ()
        if isinstance(entry, Mapping)
    )


async def _key_fields(draft: Draft, known: Sequence[KnownField]) -> list[KnownField]:
    """The fields that the asset's type shows in every list, in their order."""
    type_id = convert.identity(draft.values.get("assetTypeId", draft.row.get("assettype_id")))
    definition = draft.tables[TYPES].get(type_id or "")
    row = definition.row if definition is not None else {}
    ids = [convert.identity(row.get(f"{key}_id")) for key in _KEY_FIELDS]
    return [field for native_id in ids for field in known if field.id == native_id]


def asset_name(others: Sequence[str]) -> Write:
    """
    Write of an asset's name: its type's first key field. `others` are names of fields that hold another of our values,
    which must not be overwritten with a name.
    """
    taken = rank_names(others)

    def converted(value: str, _: IdResolver) -> str:
        return value

    async def put(draft: Draft, value: str | None) -> None:
        keys = await _key_fields(draft, await known_fields(draft))
        if not keys:
            raise InvalidValue(
                "has no place in Halo for an asset of this type, which is called by its tag: `assetTag`"
            )
        if normalize_name(keys[0].name) in taken:
            raise InvalidValue(
                f"has no place in Halo for an asset of this type, which is called by its {keys[0].name!r}: change that"
            )
        await put_value(draft, keys[0], value or "")

    return Write(convert=converted, put=put, refs=(TYPES,), reads_record=True)


def custom_values() -> Write:
    """Write of values of an asset's own fields and of the account's, each by id or name."""

    async def put(draft: Draft, values: Sequence[CustomValue]) -> None:
        await _put_custom_values(draft, values, await known_fields(draft))

    return custom(put, value=scalar_value)


def ticket_values() -> Write:
    """Write of values of a ticket's custom fields, each by id or name."""

    async def put(draft: Draft, values: Sequence[CustomValue]) -> None:
        await _put_custom_values(draft, values, [])

    return custom(put, value=scalar_value)


async def _put_custom_values(
    draft: Draft, values: Sequence[CustomValue], type_fields: Sequence[KnownField]
) -> None:
    """Put values of the fields of the record's type or of the account. Raises InvalidValue."""
    known = [*type_fields, *_known_fields_of(draft.row.get(_CUSTOM), "id", (_CUSTOM, "label"))]
    for custom_value in values:
        if not any(_may_match(custom_value, field) for field in known):
            known += _known_fields_of(await draft.read_definition("/FieldInfo"), "id", (_CUSTOM, "label"))
        field = match_field(custom_value, known)
        try:
            await put_value(draft, field, "" if custom_value.value is None else custom_value.value)
        except InvalidValue as exc:
            raise custom_value.locate_error(exc) from exc


def _may_match(custom_value: CustomValue, field: KnownField) -> bool:
    return field.id == custom_value.id or (
        not custom_value.id and normalize_name(field.name) == normalize_name(custom_value.name or "")
    )


def asset_type() -> Write:
    """Write of the asset's type: only if the new one has a field for every current value."""
    plain = own_id("assettype_id", "AssetTypeDefinition", not_nullable=True)

    async def put(draft: Draft, type_id: int) -> None:
        draft.body["assettype_id"] = type_id
        if not draft.row or not _changes_type(draft):
            return
        field_ids = {field.id for field in await known_fields(draft)}
        lost = [
            field.name
            for field in _known_fields_of(draft.row.get(_FIELDS), "id", (_FIELDS, "name"))
            if field.id not in field_ids and field.definition[1].get("value") not in (None, "")
        ]
        if lost:
            raise InvalidValue(
                f"would lose what the asset has in {', '.join(lost)}, for which the other type has no field: empty "
                "them first",
                code="WOULD_LOSE_DATA",
            )

    return Write(convert=plain.convert, put=put, not_nullable=True, reads_record=True)
