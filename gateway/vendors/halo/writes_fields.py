"""
Writing the values that Halo keeps in an asset's `fields` and `customfields`.

Both arrays are replaced as a whole by what is posted, so that all that is there goes along.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import Draft, IdResolver, InvalidValue, Write
from gateway.connector.description.custom_values import CustomValue, KnownField, custom, match_field, named
from gateway.connector.description.field_names import folded, synonym_of
from gateway.connector.description.row_types import Row
from gateway.connector.description.write_fields import own_id, plain
from gateway.vendors.halo.named import TYPES

_KEY_FIELDS = ("keyfield", "keyfield2", "keyfield3")
_FIELDS, _CUSTOM = "fields", "customfields"


async def known_fields(draft: Draft) -> list[KnownField]:
    """The fields of an asset: as its row tells them all, or else, and for another type, as the type says."""
    if not _changes_type(draft) and _tells(draft.row, _FIELDS):
        return _of_rows(draft.row[_FIELDS], "id", (_FIELDS, "name"))
    return _of_rows((await _type(draft)).get("fields"), "field_id", (_FIELDS, "name"))


async def _type(draft: Draft) -> Row:
    """The detailed type of the asset."""
    type_id = convert.identity(draft.values.get("assetTypeId", draft.row.get("assettype_id")))
    found = await draft.look(f"/AssetType/{type_id}") if type_id is not None else None
    return found if isinstance(found, Mapping) else {}


def _changes_type(draft: Draft) -> bool:
    wanted = draft.values.get("assetTypeId")
    return wanted is not None and convert.identity(draft.row.get("assettype_id")) != str(wanted)


def _of_rows(rows: Any, id_key: str, told: tuple[str, str]) -> list[KnownField]:
    kind, name_key = told
    found: list[KnownField] = []
    for one in rows if isinstance(rows, list) else ():
        native = convert.identity(one.get(id_key)) if isinstance(one, Mapping) else None
        if native is not None:
            name = convert.text(one.get(name_key)) or convert.text(one.get("name")) or native
            found.append(KnownField(native, name, (kind, one)))
    return found


async def put_value(draft: Draft, field: KnownField, value: Any) -> None:
    """Put a field's value among all the others that are there."""
    kind = field.whole[0]
    draft.claim(f"{kind}.{field.id}")
    if kind not in draft.body:
        keeps = {one.id for one in await known_fields(draft)} if kind == _FIELDS else None
        draft.body[kind] = _there(draft.row, kind, keeps)
    for one in draft.body[kind]:
        if convert.identity(one["id"]) == field.id:
            one["value"] = value
            return
    draft.body[kind].append({"id": int(field.id), "value": value})


def _there(row: Row, kind: str, keeps: AbstractSet[str] | None) -> list[dict[str, Any]]:
    """
    The values that the record has, to be posted again: Halo replaces the array as a whole.

    Raises Unfit where the record as it was read does not tell them all.
    """
    if not row:
        return []
    if not _tells(row, kind):
        raise InvalidValue(
            f"would empty other fields of the record: Halo takes all of `{kind}` at once, and has not told what is in "
            "it",
            code="WOULD_LOSE_DATA",
        )
    values = {
        str(convert.identity(one["id"])): {"id": one["id"], "value": one.get("value")} for one in row[kind]
    }
    return [one for native, one in values.items() if keeps is None or native in keeps]


def _tells(row: Row, kind: str) -> bool:
    """Whether a row has all values of a kind, each with its field's id. A field that shows nothing may have none."""
    there = row.get(kind)
    return isinstance(there, list) and all(
        isinstance(one, Mapping)
        and convert.identity(one.get("id")) is not None
        and ("value" in one or not one.get("display"))
        for one in there
    )


def held(names: Sequence[str], *, instead_of: str | None = None) -> Write:
    """
    One of our values that Halo keeps in a field which each customer names.

    It goes where it is read from. Where the row tells it in `instead_of`, that is no text to be written.
    """
    ranks = synonym_of(names)

    def converted(given: str, _: IdResolver) -> str:
        return given

    async def put(draft: Draft, value: str | None) -> None:
        if instead_of is not None and convert.text(draft.row.get(f"{instead_of}_name")):
            raise InvalidValue(
                f"is chosen from a list in Halo: give the entry's id as `{instead_of}_id` in `vendorFields`"
            )
        known = await known_fields(draft)
        keys = [one for one in await _key_fields(draft, known) if folded(one.name) in ranks]
        field = keys[0] if keys else named(names, known, has=lambda id_: _has(draft.row, id_))
        if convert.whole(field.whole[1].get("lookup")):
            raise InvalidValue(
                f"is chosen from a list in Halo: give the entry's id in `customFields`, by the id {field.id}"
            )
        await put_value(draft, field, value or "")

    also = frozenset() if instead_of is None else frozenset({f"{instead_of}_id"})
    return Write(convert=converted, put=put, synonyms=also, refs=(TYPES,), reads_record=True)


def _has(row: Row, field_id: str) -> bool:
    return any(
        convert.identity(one.get("id")) == field_id and one.get("value") not in (None, "")
        for one in row.get(_FIELDS) or ()
        if isinstance(one, Mapping)
    )


async def _key_fields(draft: Draft, known: Sequence[KnownField]) -> list[KnownField]:
    """The fields that the asset's type shows in every list, in their order."""
    type_id = convert.identity(draft.values.get("assetTypeId", draft.row.get("assettype_id")))
    definition = draft.tables[TYPES].get(type_id or "")
    row = definition.row if definition is not None else {}
    ids = [convert.identity(row.get(f"{key}_id")) for key in _KEY_FIELDS]
    return [one for native in ids for one in known if one.id == native]


def name(others: Sequence[str]) -> Write:
    """
    What an asset is called: its type's first key field. `others` are names of fields that hold something else of ours,
    which must not be overwritten with a name.
    """
    taken = synonym_of(others)

    def converted(given: str, _: IdResolver) -> str:
        return given

    async def put(draft: Draft, value: str | None) -> None:
        keys = await _key_fields(draft, await known_fields(draft))
        if not keys:
            raise InvalidValue(
                "has no place in Halo for an asset of this type, which is called by its tag: `assetTag`"
            )
        if folded(keys[0].name) in taken:
            raise InvalidValue(
                f"has no place in Halo for an asset of this type, which is called by its {keys[0].name!r}: change that"
            )
        await put_value(draft, keys[0], value or "")

    return Write(convert=converted, put=put, refs=(TYPES,), reads_record=True)


def custom_values() -> Write:
    """Values of an asset's own fields and of the account's, each by id or name."""

    async def put(draft: Draft, values: Sequence[CustomValue]) -> None:
        known = await known_fields(draft)
        known += _of_rows(draft.row.get(_CUSTOM), "id", (_CUSTOM, "label"))
        for given in values:
            if not any(_could_be(given, one) for one in known):
                known += _of_rows(await draft.look("/FieldInfo"), "id", (_CUSTOM, "label"))
            field = match_field(given, known)
            try:
                await put_value(draft, field, "" if given.value is None else given.value)
            except InvalidValue as exc:
                raise given.within(exc) from exc

    return custom(put, value=plain)


def ticket_values() -> Write:
    """Values of a ticket's custom fields, each by id or name."""

    async def put(draft: Draft, values: Sequence[CustomValue]) -> None:
        known = _of_rows(draft.row.get(_CUSTOM), "id", (_CUSTOM, "label"))
        for given in values:
            if not any(_could_be(given, one) for one in known):
                known += _of_rows(await draft.look("/FieldInfo"), "id", (_CUSTOM, "label"))
            field = match_field(given, known)
            try:
                await put_value(draft, field, "" if given.value is None else given.value)
            except InvalidValue as exc:
                raise given.within(exc) from exc

    return custom(put, value=plain)


def _could_be(given: CustomValue, one: KnownField) -> bool:
    return one.id == given.id or (not given.id and folded(one.name) == folded(given.name or ""))


def asset_type() -> Write:
    """The asset's type: only where the new one has a place for every value that there is."""
    plain = own_id("assettype_id", "AssetTypeDefinition", fixed=True)

    async def put(draft: Draft, type_id: int) -> None:
        draft.body["assettype_id"] = type_id
        if not draft.row or not _changes_type(draft):
            return
        places = {one.id for one in await known_fields(draft)}
        homeless = [
            one.name
            for one in _of_rows(draft.row.get(_FIELDS), "id", (_FIELDS, "name"))
            if one.id not in places and one.whole[1].get("value") not in (None, "")
        ]
        if homeless:
            raise InvalidValue(
                f"would lose what the asset has in {', '.join(homeless)}, for which the other type has no field: empty "
                "them first",
                code="WOULD_LOSE_DATA",
            )

    return Write(convert=plain.convert, put=put, not_nullable=True, reads_record=True)
