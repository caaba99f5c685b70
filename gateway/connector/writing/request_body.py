"""Puts a write together: the caller's values are checked, the record read where that is needed, the body made."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from gateway.connector.description.actions import ABSENT, Action, Body, Draft, IdResolver, InvalidValue, Write
from gateway.connector.description.ids import shown
from gateway.connector.description.resource import Ttl
from gateway.connector.description.row_types import Params, Row
from gateway.connector.description.text_rules import check_text
from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.errors import BadInput

#: Fields of inputs that are about the request, not about the record.
ABOUT_REQUEST = frozenset({"id", "source", "idempotencyKey", "dryRun", "ifUnchangedSince", "vendorFields"})


@dataclass(frozen=True)
class UserFault:
    """A reason why something is not done, for the caller: one of `userErrors`."""

    code: str
    message: str
    field: tuple[str, ...] | None = None

    def shown(self) -> dict[str, Any]:
        """As the schema shows it."""
        return {
            "code": self.code,
            "message": self.message,
            "field": None if self.field is None else list(self.field),
        }


class InputRefused(Exception):
    """It is not done, for these reasons."""

    def __init__(self, *faults: UserFault) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class WriteValues:
    """An input's values as the vendor wants them, by our names, and further ones under the vendor's own names."""

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
    The values of an input, without asking anybody.

    Raises Refused with everything that the vendor cannot take, and BadInput where an id is no id.
    """
    faults: list[UserFault] = []
    ours: dict[str, Any] = {}
    for name, found in input_values.items():
        # On creating there is nothing to be emptied: null is as good as left out.
        if name in ABOUT_REQUEST or (creating and found is None):
            continue
        try:
            ours[name] = _converted(source, action, name, found, id_resolver)
        except InvalidValue as exc:
            faults.append(fault_of(name, exc))
        except BadInput as exc:
            raise BadInput(f"`{name}`: {exc.message}") from exc
    for name in action.required_on_create if creating else ():
        if name not in ours and not any(fault.field == (name,) for fault in faults):
            faults.append(UserFault("INVALID", f"{source.name} needs `{name}`.", (name,)))
    theirs = _vendor_fields(source, action, input_values.get("vendorFields"), ours, faults=faults)
    if faults:
        raise InputRefused(*faults)
    return WriteValues(ours, theirs)


def _converted(source: Source, action: Action, name: str, found: Any, asked: IdResolver) -> Any:
    write = action.fields.get(name)
    if write is None:
        hint = action.unsupported_hint.get(name)
        raise InvalidValue(f"has no place in {source.name}{f': {hint}' if hint else ''}")
    if found is None:
        if write.not_nullable:
            raise InvalidValue(f"cannot be emptied in {source.name}")
        return None
    check_text(name, found)
    return write.convert(found, asked)


def fault_of(name: str, exc: InvalidValue) -> UserFault:
    """What is wrong with the value of a field."""
    where = exc.field_path if exc.field_path is not None else (name, *exc.path)
    return UserFault(exc.code, f"`{'.'.join(where)}` {exc.message}.", where)


def _vendor_fields(
    source: Source, action: Action, given: Any, ours: Mapping[str, Any], *, faults: list[UserFault]
) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        faults.append(
            UserFault(
                "INVALID", "`vendorFields` must be an object of the vendor's own names.", ("vendorFields",)
            )
        )
        return {}
    taken = {one: name for name in ours for one in action.fields[name].names}
    for name in given:
        where = ("vendorFields", str(name))
        if name not in action.vendor_fields:
            known = ", ".join(sorted(action.vendor_fields)) or "nothing"
            faults.append(
                UserFault(
                    "INVALID", f"{source.name} takes no {shown(str(name))} here: it takes {known}.", where
                )
            )
        elif name in taken:
            faults.append(
                UserFault("INVALID", f"`{name}` is the same as `{taken[name]}`: give one of them.", where)
            )
        else:
            taken |= {one: str(name) for one in _others(action, name)}
    try:
        check_text("vendorFields", given)
    except InvalidValue as exc:
        faults.append(fault_of("vendorFields", exc))
    return given


def _others(action: Action, key: str) -> frozenset[str]:
    """The vendor's further names for what one of its names stands for."""
    return frozenset().union(*(write.names for write in action.fields.values() if key in write.names)) - {key}


async def make_body(session: Session, action: Action, values: WriteValues, *, row: Row) -> Body:
    """
    The body of the request. `row` is the record as it stands, where it was read.

    Raises Refused where a value does not fit this record, and UpstreamError where a table cannot be read.
    """
    refs = {ref for name in values.by_field for ref in action.fields[name].refs} | set(action.refs)
    await session.read_tables(refs)
    for ref in sorted(refs):
        session.raise_unread(ref)

    async def look(path: str, params: Params | None = None, /) -> Any:
        key = (path, tuple(sorted((params or {}).items())))
        if key not in session.definitions:
            told = await session.get(path, params or {}, ttl=Ttl.DEFINITION)
            session.definitions[key] = told.answer
        return session.definitions[key]

    draft = Draft(
        values=values.by_field, row=row, tables=session.tables, look=look, body=dict(action.base_body)
    )
    faults: list[UserFault] = []
    lost = _carried(
        action, draft, without={one for key in values.by_vendor_field for one in _others(action, key)}
    )
    put_by: dict[str, str] = {}
    for name, value in values.by_field.items():
        before = dict(draft.body)
        try:
            await _put(draft, action.fields[name], value)
        except InvalidValue as exc:
            faults.append(fault_of(name, exc))
        put_by |= {
            key: name for key, now in draft.body.items() if key not in before or now is not before[key]
        }
    faults += [
        UserFault(
            "INVALID", f"`{key}` is what `{put_by[key]}` sets: give one of them.", ("vendorFields", key)
        )
        for key in values.by_vendor_field
        if key in put_by
    ]
    draft.body.update(values.by_vendor_field)
    faults += [
        UserFault(exc.code, exc.message, exc.field_path or ("vendorFields", key))
        for key, exc in lost.items()
        if key not in draft.body
    ]
    if action.finalize is not None and not faults:
        try:
            done = action.finalize(draft, None)
            if isawaitable(done):
                await done
        except InvalidValue as exc:
            faults.append(fault_of("", exc))
    if faults:
        raise InputRefused(*faults)
    return draft.body


def _carried(action: Action, draft: Draft, *, without: AbstractSet[str]) -> Mapping[str, InvalidValue]:
    """Put what the record has already; gives the keys whose values cannot be sent back."""
    lost: dict[str, InvalidValue] = {}
    for key, read in (action.full_replace or {}).items():
        if key in without:
            continue
        try:
            value = read(draft.row, draft.tables)
        except InvalidValue as exc:
            lost[key] = exc
        else:
            if value is not ABSENT:
                draft.body[key] = value
    return lost


async def _put(draft: Draft, write: Write, value: Any) -> None:
    if write.put is not None:
        done = write.put(draft, value)
        if isawaitable(done):
            await done
    elif write.key is not None:
        draft.body[write.key] = write.empty if value is None else value


def pointed_at(body: Any, action: Action, values: WriteValues) -> Sequence[tuple[str, ...]]:
    """Our fields that a vendor's refusal is about, where it can be recognised. Nothing of its text is shown."""
    ours = {write.key: name for name, write in action.fields.items() if write.key is not None}
    # Some name a relation by its key, some by itself.
    ours = {key.removesuffix("_id"): name for key, name in ours.items()} | ours | dict(action.field_words)
    found: dict[tuple[str, ...], None] = {}
    # A sentence may name anything: only what was given counts there.
    given = frozenset(key for key, name in ours.items() if name in values.by_field) | frozenset(
        values.by_vendor_field
    )
    for word in _words(body, given):
        if word in values.by_vendor_field:
            found[("vendorFields", word)] = None
        elif word in ours:
            found[(ours[word],)] = None
    return tuple(found)


def _words(body: Any, known: frozenset[str]) -> Sequence[str]:
    """The vendor's field names in its refusal: as keys, as FastAPI's `loc`, or within a sentence."""
    words: list[str] = []
    to_see, seen = [body], 0
    while to_see and seen < 200:
        one = to_see.pop()
        seen += 1
        if isinstance(one, Mapping):
            where = one.get("loc")
            if isinstance(where, list) and where:
                words.append(str(where[-1]))
                continue
            # A fault is told in words, so that a number is none: Rails puts the answer's own status there.
            words += [
                str(key).split(".")[0]
                for key, told in one.items()
                if isinstance(told, list | Mapping) or (isinstance(told, str) and key in known)
            ]
            to_see += one.values()
        elif isinstance(one, list):
            to_see += one
        elif isinstance(one, str) and len(one) < 2000:
            spoken = one.casefold()
            words += [
                key for key in known if len(key) > 3 and (key in spoken or key.replace("_", " ") in spoken)
            ]
    return words
