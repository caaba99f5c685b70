"""Request body of a write: the caller's values are validated and converted, and merged with the record if needed."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from gateway.connector.description.actions import ABSENT, Action, Body, Draft, IdResolver, InvalidValue, Write
from gateway.connector.description.ids import excerpt
from gateway.connector.description.resource import Ttl
from gateway.connector.description.row_types import Params, Row
from gateway.connector.description.text_rules import check_text
from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.errors import BadInput

#: Fields of inputs that are about the request, not about the record.
REQUEST_FIELDS = frozenset({"id", "source", "idempotencyKey", "dryRun", "ifUnchangedSince", "vendorFields"})


@dataclass(frozen=True)
class UserFault:
    """An error for the caller, shown in `userErrors`: the reason for which a write was not performed."""

    code: str
    message: str
    field: tuple[str, ...] | None = None

    def to_schema(self) -> dict[str, Any]:
        """The fields of the schema's `UserError`."""
        return {
            "code": self.code,
            "kind": self.code,
            "message": self.message,
            "field": None if self.field is None else list(self.field),
        }


class InputRefused(Exception):
    """The write is not performed, for these reasons."""

    def __init__(self, *faults: UserFault) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class WriteValues:
    """An input's converted values, by our field names and (from `vendorFields`) by the vendor's own names."""

    by_field: Mapping[str, Any]
    by_vendor_field: Mapping[str, Any] = field(default_factory=dict)


def read_values(
    source: Source,
    action: Action,
    input_values: Mapping[str, Any],
    id_resolver: IdResolver,
    *,
    creating: bool,
) -> WriteValues:
    """
    Validate and convert the values of an input, without any request.

    Raises InputRefused with an error for each value that the vendor cannot take, and BadInput if an id is malformed.
    """
    faults: list[UserFault] = []
    by_field: dict[str, Any] = {}
    for name, value in input_values.items():
        # On creation there is nothing to clear: null is the same as a missing value.
        if name in REQUEST_FIELDS or (creating and value is None):
            continue
        try:
            by_field[name] = _convert(source, action, name, value, id_resolver)
        except InvalidValue as exc:
            faults.append(fault_of(name, exc))
        except BadInput as exc:
            raise BadInput(f"`{name}`: {exc.message}") from exc
    for name in action.required_on_create if creating else ():
        if name not in by_field and not any(fault.field == (name,) for fault in faults):
            faults.append(UserFault("INVALID", f"{source.name} needs `{name}`.", (name,)))
    by_vendor_field = _vendor_fields(
        source, action, input_values.get("vendorFields"), by_field, faults=faults
    )
    if faults:
        raise InputRefused(*faults)
    return WriteValues(by_field, by_vendor_field)


def _convert(source: Source, action: Action, name: str, value: Any, id_resolver: IdResolver) -> Any:
    write = action.fields.get(name)
    if write is None:
        hint = action.unsupported_hint.get(name)
        raise InvalidValue(f"has no place in {source.name}{f': {hint}' if hint else ''}")
    if value is None:
        if write.not_nullable:
            raise InvalidValue(f"cannot be emptied in {source.name}")
        return None
    check_text(name, value)
    return write.convert(value, id_resolver)


def fault_of(name: str, exc: InvalidValue) -> UserFault:
    """The user error of an invalid value of a field."""
    field_path = exc.field_path if exc.field_path is not None else (name, *exc.path)
    return UserFault(exc.code, f"`{'.'.join(field_path)}` {exc.message}.", field_path)


def _vendor_fields(
    source: Source,
    action: Action,
    vendor_fields: Any,
    by_field: Mapping[str, Any],
    *,
    faults: list[UserFault],
) -> Mapping[str, Any]:
    if vendor_fields is None:
        return {}
    if not isinstance(vendor_fields, Mapping):
        faults.append(
            UserFault(
                "INVALID", "`vendorFields` must be an object of the vendor's own names.", ("vendorFields",)
            )
        )
        return {}
    set_by = {vendor_name: name for name in by_field for vendor_name in action.fields[name].names}
    for name in vendor_fields:
        field_path = ("vendorFields", str(name))
        if name not in action.vendor_fields:
            known = ", ".join(sorted(action.vendor_fields)) or "nothing"
            faults.append(
                UserFault(
                    "INVALID",
                    f"{source.name} takes no {excerpt(str(name))} here: it takes {known}.",
                    field_path,
                )
            )
        elif name in set_by:
            faults.append(
                UserFault(
                    "INVALID", f"`{name}` is the same as `{set_by[name]}`: give one of them.", field_path
                )
            )
        else:
            set_by |= {vendor_name: str(name) for vendor_name in _aliases(action, name)}
    try:
        check_text("vendorFields", vendor_fields)
    except InvalidValue as exc:
        faults.append(fault_of("vendorFields", exc))
    return vendor_fields


def _aliases(action: Action, key: str) -> frozenset[str]:
    """The vendor's other names for the value that a key stands for."""
    return frozenset().union(*(write.names for write in action.fields.values() if key in write.names)) - {key}


async def make_body(session: Session, action: Action, values: WriteValues, *, row: Row) -> Body:
    """
    The body of the request. `row` is the record's current row, empty if it was not read.

    Raises InputRefused if a value does not fit this record, and UpstreamError if a reference table cannot be read.
    """
    refs = {ref for name in values.by_field for ref in action.fields[name].refs} | set(action.refs)
    await session.read_tables(refs)
    for ref in sorted(refs):
        session.raise_table_error(ref)

    async def look(path: str, params: Params | None = None, /) -> Any:
        key = (path, tuple(sorted((params or {}).items())))
        if key not in session.definitions:
            response = await session.get(path, params or {}, ttl=Ttl.DEFINITION)
            session.definitions[key] = response.decoded
        return session.definitions[key]

    draft = Draft(
        values=values.by_field,
        row=row,
        tables=session.tables,
        read_definition=look,
        body=dict(action.base_body),
    )
    faults: list[UserFault] = []
    unsendable = _copy_record(
        action, draft, excluded={alias for key in values.by_vendor_field for alias in _aliases(action, key)}
    )
    set_by: dict[str, str] = {}
    for name, value in values.by_field.items():
        before = dict(draft.body)
        try:
            await _put(draft, action.fields[name], value)
        except InvalidValue as exc:
            faults.append(fault_of(name, exc))
        set_by |= {
            key: name
            for key, current in draft.body.items()
            if key not in before or current is not before[key]
        }
    faults += [
        UserFault(
            "INVALID", f"`{key}` is what `{set_by[key]}` sets: give one of them.", ("vendorFields", key)
        )
        for key in values.by_vendor_field
        if key in set_by
    ]
    draft.body.update(values.by_vendor_field)
    faults += [
        UserFault(exc.code, exc.message, exc.field_path or ("vendorFields", key))
        for key, exc in unsendable.items()
        if key not in draft.body
    ]
    if action.finalize is not None and not faults:
        try:
            pending = action.finalize(draft, None)
            if isawaitable(pending):
                await pending
        except InvalidValue as exc:
            faults.append(fault_of("", exc))
    if faults:
        raise InputRefused(*faults)
    return draft.body


def _copy_record(action: Action, draft: Draft, *, excluded: AbstractSet[str]) -> Mapping[str, InvalidValue]:
    """Copy the record's current values into the body (full replacement); gives the keys that cannot be sent back."""
    unsendable: dict[str, InvalidValue] = {}
    for key, read in (action.full_replace or {}).items():
        if key in excluded:
            continue
        try:
            value = read(draft.row, draft.tables)
        except InvalidValue as exc:
            unsendable[key] = exc
        else:
            if value is not ABSENT:
                draft.body[key] = value
    return unsendable


async def _put(draft: Draft, write: Write, value: Any) -> None:
    if write.put is not None:
        pending = write.put(draft, value)
        if isawaitable(pending):
            await pending
    elif write.key is not None:
        draft.body[write.key] = write.empty if value is None else value


def refused_fields(body: Any, action: Action, values: WriteValues) -> Sequence[tuple[str, ...]]:
    """Paths of the input fields that a vendor's refusal names, if it can be recognised. None of its text is shown."""
    field_by_word = {write.key: name for name, write in action.fields.items() if write.key is not None}
    # Vendors name a relation by its key, or without `_id`.
    field_by_word = (
        {key.removesuffix("_id"): name for key, name in field_by_word.items()}
        | field_by_word
        | dict(action.field_words)
    )
    field_paths: dict[tuple[str, ...], None] = {}
    # A sentence may name anything: only fields that were sent count in it.
    known_words = frozenset(
        key for key, name in field_by_word.items() if name in values.by_field
    ) | frozenset(values.by_vendor_field)
    for word in _mentioned_words(body, known_words):
        if word in values.by_vendor_field:
            field_paths[("vendorFields", word)] = None
        elif word in field_by_word:
            field_paths[(field_by_word[word],)] = None
    return tuple(field_paths)


def _mentioned_words(body: Any, known: frozenset[str]) -> Sequence[str]:
    """The vendor's field names in its refusal: as keys, as FastAPI's `loc`, or within a sentence."""
    words: list[str] = []
    pending, visited = [body], 0
    while pending and visited < 200:
        node = pending.pop()
        visited += 1
        if isinstance(node, Mapping):
            loc = node.get("loc")
            if isinstance(loc, list) and loc:
                words.append(str(loc[-1]))
                continue
            # An error has a text or a structure; a number is none: Rails puts the answer's own status there.
            words += [
                str(key).split(".")[0]
                for key, detail in node.items()
                if isinstance(detail, list | Mapping) or (isinstance(detail, str) and key in known)
            ]
            pending += node.values()
        elif isinstance(node, list):
            pending += node
        elif isinstance(node, str) and len(node) < 2000:
            sentence = node.casefold()
            words += [
                key
                for key in known
                if len(key) > 3 and (key in sentence or key.replace("_", " ") in sentence)
            ]
    return words
