"""
Every vendor's every change over a real socket: what is sent, what comes back, and the vendor's own record afterwards;
what cannot be taken, what the vendor refuses, and answers that get lost.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from strawberry import Schema

from gateway import vendors
from gateway.sandbox import Company
from gateway.sandbox.vendors.revnue.account import Account
from gateway.testing.upstreams import answered
from schema.build import build_schema
from tests.mutations.cases import ABOUT, SAMPLES, Case, Facts, Row, facts, like, rows
from tests.mutations.house import House, codes
from tests.mutations.table import CASES
from tests.mutations.test_operations import CAN

Opened = Callable[..., House]
every = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
EXISTING = {key: case for key, case in CASES.items() if case.does != "create"}
SEVERAL_LINES = {"notes", "description", "note", "reason", "oldValue", "newValue"}
CANARY = "words of the vendor"


@pytest.fixture
def opened(house: Callable[..., House], firm: Company) -> Opened:
    """Opens a gateway over the case's vendor. Countries have numbers at Revnue that only its operator knows."""
    country_ids = ",".join(f"{name}={native}" for native, name in Account(firm).countries.items())

    def open_house(case: Case, **settings: str) -> House:
        known = {"GATEWAY_SOURCES__REVNUE__COUNTRY_IDS": country_ids} if case.source == "revnue" else {}
        return house(case.source, environ=known | settings)

    return open_house


async def known(gateway: House, case: Case) -> tuple[Facts, dict[Any, Row]]:
    """The facts of the case, and all rows of its kind; no call is noted so far."""
    case_facts = await facts(gateway, case)
    before = await rows(gateway, case.kind)
    row = before.get(target(case, case_facts), {})
    gateway.vendor.calls.clear()
    return replace(case_facts, row=row), before


def target(case: Case, case_facts: Facts) -> Any:
    """The key of the record that is changed."""
    native = case.input_values(case_facts).get("id", "::0").split(":")[2]
    return next(((None, int(native)) for _ in native), None)


def checked(case: Case, case_facts: Facts, before: dict[Any, Row], after: dict[Any, Row]) -> None:
    """The record is as it was to be, field by field, and every other one as it was."""
    if case.does == "create":
        [new] = after.keys() - before.keys()
        expected = case.row(case_facts)
        assert like(after[new], expected) == expected
        assert before == {key: row for key, row in after.items() if key != new}
        return
    key = target(case, case_facts)
    others = {other: row for other, row in before.items() if other != key}
    assert others == {other: row for other, row in after.items() if other != key}
    if case.does == "delete":
        assert key in before
        assert key not in after
        return
    expected = case.row(case_facts)
    stamps = case.kind.stamps
    differing = {name for name, value in after[key].items() if before[key].get(name) != value} - stamps
    assert differing == set(expected)
    assert like(after[key], expected) == expected


def test_every_change_is_in_the_table() -> None:
    can = {f"{source}.{operation}" for source, operations in CAN.items() for operation in operations}
    assert {operation for operation in can if not operation.endswith(".import")} == set(CASES)


@pytest.fixture(scope="module")
def schema() -> Schema:
    return build_schema(vendors.load().values())


@every
def test_every_argument_is_tried(case: Case, schema: Schema) -> None:
    kind = (
        schema._schema.type_map[f"{case.mutation[0].upper()}{case.mutation[1:]}Input"]
        if (case.does != "delete")
        else schema._schema.type_map["DeleteInput"]
    )
    arguments = set(kind.fields)  # type: ignore[attr-defined]
    assert arguments - ABOUT == case.wrong.keys() | case.without


@every
async def test_what_is_sent_what_comes_back_and_the_record_afterwards(opened: Opened, case: Case) -> None:
    async with opened(case) as gateway:
        case_facts, before = await known(gateway, case)
        input_values = case.input_values(case_facts)
        tried = await gateway.do(case.mutation, case.selection, {**input_values, "dryRun": True})
        assert gateway.vendor.writes == []
        done = await gateway.do(case.mutation, case.selection, input_values)
        method, path, body = case.sent(case_facts)
        [(sent_method, sent_path, sent)] = gateway.vendor.writes
        assert (sent_method, sent_path) == (method, path)
        # Of a PUT of everything, what is left out in the table goes back as it was read.
        assert (like(sent, body) if method == "PUT" else sent) == body
        plan = tried["planned"][-1]
        assert (plan["method"], plan["url"]) == (method, f"{gateway.vendor.url}{path}")
        assert (done["userErrors"], done["planned"]) == ([], None)
        if case.does == "delete":
            assert done["deletedId"] == input_values["id"]
        else:
            assert like(done[case.result], case.shown) == case.shown
            assert done[case.result]["id"] == input_values.get("id", done[case.result]["id"])
        checked(case, case_facts, before, await rows(gateway, case.kind))


@every
async def test_bad_input_for_each_argument(opened: Opened, case: Case) -> None:
    async with opened(case) as gateway:
        case_facts, before = await known(gateway, case)
        input_values = case.input_values(case_facts)
        for name, values in case.wrong.items():
            for value, code in values:
                answer = await gateway.attempt(case.mutation, case.selection, {**input_values, name: value})
                context = f"{name}: {value}"
                if code == "BAD_USER_INPUT":
                    assert answer.codes == [code], context
                    continue
                assert answer.errors == [], context
                [(actual_code, path)] = codes(answer.data[case.mutation])
                assert (actual_code, path.partition(".")[0]) == (code, name), context
        for name in case.without:
            plain = SAMPLES[name]
            sample = plain.format(case.source) if isinstance(plain, str) else plain
            without = await gateway.do(case.mutation, case.selection, {**input_values, name: sample})
            assert codes(without) == [("INVALID", name)]
        assert gateway.vendor.calls == [], "all of it is told without asking the vendor"
        assert before == await rows(gateway, case.kind)


@every
async def test_no_text_has_a_control_character(opened: Opened, case: Case, schema: Schema) -> None:
    """Line breaks stand only where there may be several lines."""
    if case.does == "delete":
        return
    fields = schema._schema.type_map[f"{case.mutation[0].upper()}{case.mutation[1:]}Input"].fields  # type: ignore[attr-defined]
    async with opened(case) as gateway:
        case_facts, _ = await known(gateway, case)
        input_values = case.input_values(case_facts)
        texts = [name for name in case.wrong if str(fields[name].type).rstrip("!") == "String"]
        for name in texts:
            lines = name in SEVERAL_LINES
            for letter, allowed in (
                ("\0", False),
                ("\x1b", False),
                ("\x85", False),
                ("\n", lines),
                ("\t", lines),
            ):
                trial = {**input_values, name: f"a{letter}b", "dryRun": True}
                payload = await gateway.do(case.mutation, case.selection, trial)
                assert (codes(payload) == [("INVALID", name)]) is not allowed, (name, letter)
        gateway.vendor.calls.clear()
        for name in texts:
            payload = await gateway.do(case.mutation, case.selection, {**input_values, name: "a\0b"})
            assert codes(payload) == [("INVALID", name)]
        if "customFields" in case.wrong:
            values = [{"id": "1", "value": "two\nlines"}, {"id": "2", "value": "a\0b"}]
            payload = await gateway.do(
                case.mutation, case.selection, {**input_values, "customFields": values}
            )
            assert codes(payload) == [("INVALID", "customFields.1.value")]
        if "vendorFields" in fields and case.named is not None:
            theirs = {"vendorFields": {case.named[0]: ["two\nlines", "a\0b"]}}
            mine = {name: value for name, value in input_values.items() if name != case.named[1]}
            payload = await gateway.do(case.mutation, case.selection, {**mine, **theirs})
            assert ("INVALID", f"vendorFields.{case.named[0]}.1") in codes(payload)
        assert gateway.vendor.calls == []


@every
async def test_bad_input_for_what_every_request_has(opened: Opened, case: Case) -> None:
    async with opened(case) as gateway:
        case_facts, _ = await known(gateway, case)
        input_values = case.input_values(case_facts)
        wrong: list[tuple[dict[str, Any], str, str]] = [({"dryRun": "yes"}, "BAD_USER_INPUT", "")]
        if "id" in input_values:
            kind = input_values["id"].split(":")[1]
            wrong += [
                ({"id": value}, "BAD_USER_INPUT", "")
                for value in ("", "7", f"nowhere:{kind}:1", f"{case.source}:{kind}:x/y")
            ]
            wrong += [({"id": f"{case.source}:Person:1"}, "BAD_USER_INPUT", "")]
        if "source" in input_values:
            wrong += [({"source": value}, "BAD_USER_INPUT", "") for value in ("", "nowhere", 5)]
        if case.does != "delete":
            wrong += [({"idempotencyKey": value}, "INVALID", "idempotencyKey") for value in ("", "k" * 256)]
        if case.does in {"create", "update"} and case.mutation not in {
            "createMeterReading",
            "createAssetChange",
        }:
            wrong += [
                ({"vendorFields": [1]}, "INVALID", "vendorFields"),
                ({"vendorFields": {"no_such": 1}}, "INVALID", "vendorFields.no_such"),
                ({"vendorFields": {"id": 1}}, "INVALID", "vendorFields.id"),
            ]
            if case.named is not None:
                twice = {"vendorFields": {case.named[0]: None}}
                wrong += [(twice, "INVALID", f"vendorFields.{case.named[0]}")]
        if case.mutation in {"updateAsset", "updateTicket"}:
            wrong += [({"ifUnchangedSince": "once"}, "BAD_USER_INPUT", "")]
            if case.source in {"tether", "revnue"}:
                since = {"ifUnchangedSince": "2026-01-01T00:00:00Z"}
                wrong += [(since, "NOT_SUPPORTED", "ifUnchangedSince")]
        for changed, code, path in wrong:
            answer = await gateway.attempt(case.mutation, case.selection, {**input_values, **changed})
            if code == "BAD_USER_INPUT":
                assert answer.codes == [code], changed
            else:
                assert codes(answer.whole[case.mutation]) == [(code, path)], changed
        assert gateway.vendor.calls == []


@pytest.mark.parametrize("case", EXISTING.values(), ids=EXISTING)
async def test_a_record_that_is_not_there(opened: Opened, case: Case) -> None:
    async with opened(case) as gateway:
        case_facts, before = await known(gateway, case)
        input_values = case.input_values(case_facts)
        _, kind, _ = input_values["id"].split(":")
        payload = await gateway.do(
            case.mutation, case.selection, {**input_values, "id": f"{case.source}:{kind}:999999"}
        )
        assert codes(payload) == [("NOT_FOUND", "id")]
        assert payload[case.result] is None
        assert before == await rows(gateway, case.kind)


def refusals(case: Case) -> list[tuple[int, Any, str]]:
    """Refusals of a vendor, by its documentation and its framework's way to name a field."""
    key = case.named[0] if case.named is not None else "id"
    message = f"{CANARY}: {key}"
    by_vendor: dict[str, list[tuple[int, Any]]] = {
        "tether": [(422, {"detail": [{"loc": ["body", key], "msg": message, "type": "value_error"}]})],
        "fiwit": [(422, {key: [message]}), (422, {"errors": {key: [message]}})],
        "halo": [
            (400, {"resultCode": -1, "errorMessage": message}),
            (400, {"Message": message}),
            (400, json.dumps(message)),
        ],
        "revnue": [(400, {key: [message]}), (400, {"detail": message})],
    }
    plain = {
        "tether": {"detail": CANARY},
        "fiwit": {"status": 0, "error": CANARY},
        "halo": {"Message": CANARY},
    }
    body = plain.get(case.source, {"detail": CANARY})
    others = [
        (402, body, "QUOTA_EXCEEDED"),
        (404, body, "NOT_FOUND"),
        (409, body, "CONFLICT"),
        (410, body, "NOT_FOUND"),
    ]
    special = [(400, body, "CONFLICT")] if case.does in {"checkout", "checkin"} else [(400, body, "INVALID")]
    return [
        *((status, shown, "named") for status, shown in by_vendor[case.source]),
        *others,
        *special,
        (422, body, "INVALID"),
    ]


@every
async def test_what_the_vendor_refuses(opened: Opened, case: Case) -> None:
    async with opened(case) as gateway:
        case_facts, before = await known(gateway, case)
        input_values = case.input_values(case_facts)
        for status, body, code in refusals(case):
            gateway.vendor.writes.clear()
            gateway.vendor.answer = answered(body, status=status)
            answer = await gateway.attempt(case.mutation, case.selection, input_values)
            payload = answer.whole[case.mutation]
            context = f"{status} {body}"
            assert len(gateway.vendor.writes) == 1, context
            assert payload[case.result] is None, context
            if code == "named" and case.named is not None:
                assert codes(payload) == [("INVALID", case.named[1])], context
            else:
                [(shown, _)] = codes(payload)
                assert shown == ("INVALID" if code == "named" else code), context
            assert CANARY not in answer.text
        gateway.vendor.answer = None
        assert before == await rows(gateway, case.kind)


FAILURES = {
    405: "UPSTREAM_REJECTED",
    500: "OUTCOME_UNKNOWN",
    503: "OUTCOME_UNKNOWN",
    403: "UPSTREAM_AUTH",
    401: "UPSTREAM_AUTH",
    429: "UPSTREAM_RATE_LIMITED",
}


@every
async def test_a_failure_on_the_way_is_told_beside_the_answer(opened: Opened, case: Case) -> None:
    async with opened(case) as gateway:
        case_facts, before = await known(gateway, case)
        for status, code in FAILURES.items():
            gateway.vendor.answer = httpx.Response(
                status, text=f"<html>{CANARY}</html>", headers={"retry-after": "60"}
            )
            answer = await gateway.attempt(case.mutation, case.selection, case.input_values(case_facts))
            assert answer.codes == [code]
            assert answer.errors[0]["path"] == [case.mutation]
            assert answer.errors[0]["extensions"]["source"] == case.source
            assert answer.data[case.mutation][case.result] is None
            assert CANARY not in answer.text
        assert before == await rows(gateway, case.kind)


NEW = {key: case for key, case in CASES.items() if case.does == "create"}


@pytest.mark.parametrize("case", NEW.values(), ids=NEW)
async def test_a_success_that_does_not_tell_what_was_made(opened: Opened, case: Case) -> None:
    async with opened(case) as gateway:
        case_facts, before = await known(gateway, case)
        for body in (b"", b"{}", b"[]", b"[1]", b'"done"'):
            gateway.vendor.answer = httpx.Response(
                201, content=body, headers={"content-type": "application/json"}
            )
            answer = await gateway.attempt(case.mutation, case.selection, case.input_values(case_facts))
            assert answer.codes == ["OUTCOME_UNKNOWN"], body
            assert answer.data[case.mutation][case.result] is None
        assert before == await rows(gateway, case.kind)


@every
@pytest.mark.parametrize("transport", ["direct", "httpx"])
@pytest.mark.parametrize("failure", ["before", "after", "500"])
async def test_a_lost_answer(opened: Opened, case: Case, failure: str, transport: str) -> None:
    """The connection ends before the change was made or after, or something that is no answer comes after it."""
    async with opened(case, GATEWAY_UPSTREAM__TRANSPORT=transport) as gateway:
        case_facts, before = await known(gateway, case)
        gateway.vendor.lose = failure
        answer = await gateway.attempt(case.mutation, case.selection, case.input_values(case_facts))
        assert len(gateway.vendor.writes) == 1, "never sent twice"
        after = await rows(gateway, case.kind)
        if failure == "before":
            assert after == before
        else:
            checked(case, case_facts, before, after)
        payload = answer.data[case.mutation]
        assert payload["userErrors"] == []
        if failure == "before" or not case.settles:
            assert answer.codes == ["OUTCOME_UNKNOWN"]
            assert answer.errors[0]["path"] == [case.mutation]
            assert answer.errors[0]["extensions"]["source"] == case.source
            assert payload[case.result] is None
        else:
            assert answer.errors == []
            assert case.does == "delete" or like(payload[case.result], case.shown) == case.shown
            assert payload["warnings"] == [] if case.does != "delete" else "lost" in payload["warnings"][-1]
