"""Conversions take whatever JSON holds: they give a value of ours or None, and never raise."""

import contextlib
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.connector.description import convert, envelope
from gateway.connector.description.convert_columns import column_converter, distinct_converter
from gateway.connector.description.field_names import normalize_name, rank_names
from gateway.connector.description.ids import native_key
from gateway.connector.lists.ordering import _unpack
from gateway.literals import NUMBER_PATTERN

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.floats()
    | st.text()
    | st.sampled_from(
        ["0001-01-01", "9999-12-31T23:59:59-14:00", "2024-02-30", "1e400", "NaN", "-Infinity", "1_0"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)

KINDS: list[tuple[Callable[[Any], Any], tuple[type, ...]]] = [
    (convert.text, (str,)),
    (convert.identity, (str,)),
    (convert.integer, (int,)),
    (convert.decimal, (Decimal,)),
    (convert.flag, (bool,)),
    (convert.day, (date,)),
    (convert.moment, (datetime,)),
    (convert.carbon, (datetime,)),
]


@pytest.mark.parametrize(("function", "kinds"), KINDS, ids=lambda one: getattr(one, "__name__", ""))
def test_anything_is_a_value_of_the_kind_or_none(
    function: Callable[[Any], Any], kinds: tuple[type, ...]
) -> None:
    @given(raw=ANYTHING)
    def check(raw: Any) -> None:
        found = function(raw)
        assert found is None or (
            isinstance(found, kinds) and (kinds == (bool,) or not isinstance(found, bool))
        )

    check()


@given(
    raw=st.fixed_dictionaries(
        {"date": st.text(max_size=30), "timezone": st.text(max_size=12), "timezone_type": ANYTHING}
    )
)
def test_odd_zones_are_no_moment(raw: Any) -> None:
    found = convert.carbon(raw)
    assert found is None or found.tzinfo is UTC


@given(raw=ANYTHING)
def test_a_whole_number_is_within_graphqls_int(raw: Any) -> None:
    found = convert.integer(raw)
    assert found is None or abs(found) <= 2**31 - 1


@given(raw=ANYTHING)
def test_a_decimal_is_finite_and_of_reasonable_length(raw: Any) -> None:
    found = convert.decimal(raw)
    assert found is None or (found.is_finite() and len(format(found, "f")) < 200)


@given(
    at=st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - what is written has its offset beside
    hours=st.integers(-12, 14),
)
def test_a_moment_is_the_same_in_whatever_offset_it_is_written(at: datetime, hours: int) -> None:
    here = at.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert convert.moment(here.isoformat()) == here
    assert convert.moment(at.isoformat(), timezone(timedelta(hours=hours))) == here


@given(at=st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001 - as above
def test_halos_seven_digits_of_a_second_are_read(at: datetime) -> None:
    written = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond:06}5Z"
    assert convert.moment(written) == at.replace(tzinfo=UTC)


def test_local_time_follows_daylight_saving() -> None:
    brussels = ZoneInfo("Europe/Brussels")
    found = [convert.moment(f"2024-{month}-15T12:00:00", brussels) for month in ("01", "07")]
    assert [one and one.hour for one in found] == [11, 10]


@given(number=st.integers(-(2**62), 2**62))
def test_an_id_is_the_same_as_a_number_as_a_double_and_as_text(number: int) -> None:
    assert convert.identity(number) == convert.identity(Decimal(number)) == convert.identity(str(number))


@given(written=st.text(max_size=20))
def test_serial_numbers_compare_without_case_and_spaces_and_once_is_enough(written: str) -> None:
    compared = convert.normalize_serial(written)
    assert compared is not None
    assert convert.normalize_serial(compared) == convert.normalize_serial(f" {compared} ")
    assert not any(letter.isspace() for letter in compared)


@given(names=st.lists(st.text(max_size=8), max_size=5))
def test_the_first_of_the_names_that_compare_equal_counts(names: list[str]) -> None:
    ranks = rank_names(names)
    for name in names:
        assert ranks[normalize_name(name)] == next(
            at for at, one in enumerate(names) if normalize_name(one) == normalize_name(name)
        )


@given(body=ANYTHING)
def test_an_envelope_is_rows_or_odd_and_nothing_else(body: Any) -> None:
    with contextlib.suppress(envelope.UnknownEnvelope):
        assert isinstance(envelope.find_rows(body, ("assets",)), list)


@given(
    rows=st.lists(st.dictionaries(st.just("id"), st.integers()), max_size=4),
    side=st.lists(st.dictionaries(st.just("id"), st.integers(5)), max_size=2),
)
def test_side_arrays_are_never_taken_for_the_rows(rows: list[Any], side: list[Any]) -> None:
    body = {"record_count": len(rows), "columns": side, "oddly_named": rows, "statuses": side, "agents": side}
    assert envelope.find_rows(body) == rows


@given(ids=st.lists(st.integers(0, 10**12).map(str) | st.text(max_size=5), max_size=8))
def test_native_ids_have_one_order_with_numbers_by_size(ids: list[str]) -> None:
    found = sorted(ids, key=native_key)
    assert all(native_key(one) <= native_key(next_one) for one, next_one in pairwise(found))
    assert len({native_key(one) for one in ids if not one.isdecimal()}) == len(
        {one for one in ids if not one.isdecimal()}
    )
    numbers = [one for one in found if one.isdecimal() and one.isascii()]
    assert numbers == sorted(numbers, key=int)


@pytest.mark.parametrize("written", ["1e400000", "1e-400000", "-9.9e123456"])
def test_a_number_as_text_is_never_written_out_at_any_length(written: str) -> None:
    assert len(convert.text(Decimal(written)) or "") < 200


#: Text that Python reads as a number, a day or a moment, and JSON and ISO 8601's extended calendar dates do not.
PYTHONS_OWN = [
    "1_000", "٣", "\uff11\uff12", "+5", "05", ".5", "5.", "1e", "NaN", "Infinity", "2024-W03-1", "2024W031",
    "20240115T093000Z", "2024-W03-1T09:30:00Z", "2024-01-15x09:30:00Z", "2024-01-15T0930Z", "2024-01-15T09Z",
]  # fmt: skip


@pytest.mark.parametrize("written", PYTHONS_OWN)
def test_what_only_python_reads_is_no_value(written: str) -> None:
    for conversion in (convert.integer, convert.decimal, convert.day, convert.moment):
        assert conversion(written) is None
        assert column_converter(conversion)([written, None]) == [None, None]
    assert convert.carbon({"date": written, "timezone_type": 3, "timezone": "UTC"}) is None


@given(number=st.from_regex(re.compile(NUMBER_PATTERN, re.ASCII), fullmatch=True))
def test_what_json_reads_as_a_number_is_the_same_number(number: str) -> None:
    converted = convert.decimal(number)
    assert converted is None or converted == json.loads(number, parse_float=Decimal, parse_int=Decimal)


@pytest.mark.parametrize("native_id", ["9" * 5000, "٣", "1_0"])
def test_an_odd_native_id_is_sorted_as_text(native_id: str) -> None:
    assert native_key(native_id) == (1, 0, native_id)


COLUMNS = st.one_of(
    *(
        st.lists(one | st.none() | st.just(""), max_size=6)
        for one in (
            st.text(max_size=12),
            st.integers(-(2**40), 2**40) | st.just(10**31),
            st.integers(0, 99),
            st.booleans(),
            st.dates().map(str),
            st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
            st.datetimes(timezones=st.timezones() | st.none()).map(datetime.isoformat),
            st.decimals(allow_nan=False, allow_infinity=False),
            st.decimals(places=2, min_value=-(10**6), max_value=10**6).map(str),
            st.sampled_from(["", " 2024-01-15 ", "2024-01-15T09:30:00Z", "1-2", "1e5", *PYTHONS_OWN]),
        )
    ),
    st.lists(ANYTHING, max_size=6),
)


@given(st.sampled_from([one for one, _ in KINDS]), COLUMNS)
def test_a_column_is_converted_as_each_of_its_values_is(
    conversion: Callable[[Any], Any], column: list[Any]
) -> None:
    each = [conversion(raw) for raw in column]
    assert list(map(repr, column_converter(conversion)(list(column)))) == list(map(repr, each))


@given(COLUMNS)
def test_a_column_of_few_values_is_converted_as_each_of_them_is(column: list[Any]) -> None:
    def word(raw: Any) -> str:
        return raw.casefold() if isinstance(raw, str) else "UNKNOWN"

    assert distinct_converter(word)(column) == [word(raw) for raw in column]


@pytest.mark.parametrize(
    "packed", [["n", "1_000"], ["n", "NaN"], ["d", "2024-W03-1"], ["t", "20240115T093000Z"], ["n", "٣"]]
)
def test_a_cursors_values_have_the_same_forms(packed: list[str]) -> None:
    with pytest.raises(ValueError, match=r"not a|another"):
        _unpack(packed)
