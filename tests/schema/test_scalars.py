"""The scalars: what is taken, what is refused and how it is said, what is shown."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
import strawberry
from graphql import parse_value
from hypothesis import given
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig

from schema.scalars import (
    JSON,
    parse_date,
    parse_datetime,
    parse_decimal,
    parse_decimal_literal,
    scalar_map,
    serialize_date,
    serialize_datetime,
    serialize_decimal,
)

BRUSSELS_SUMMER = timezone(timedelta(hours=2))


def echo_date(value: date) -> date:
    return value


def echo_datetime(value: datetime) -> datetime:
    return value


def echo_decimal(value: Decimal) -> Decimal:
    return value


def echo_json(value: JSON) -> JSON:
    return value


@strawberry.type
class Echo:
    """Gives back what it was given, so that a value passes the scalar both ways."""

    day: date = strawberry.field(resolver=echo_date)
    moment: datetime = strawberry.field(resolver=echo_datetime)
    number: Decimal = strawberry.field(resolver=echo_decimal)
    json: JSON = strawberry.field(resolver=echo_json)


@pytest.fixture(scope="module")
def schema() -> strawberry.Schema:
    return strawberry.Schema(query=Echo, config=StrawberryConfig(scalar_map=scalar_map()))


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ('day(value: "2024-02-29")', "2024-02-29"),
        ('moment(value: "2026-03-31T11:30:00+02:00")', "2026-03-31T09:30:00Z"),
        ('number(value: "3499.00")', "3499.00"),
        ("number(value: 7)", "7"),
        ("number(value: 1e3)", "1000"),
        ("number(value: 12345678901234567890.123456789)", "12345678901234567890.123456789"),
        ('json(value: {a: [1, "x", null, true]})', {"a": [1, "x", None, True]}),
    ],
)
def test_literals_pass_through_a_document(schema: strawberry.Schema, asked: str, answer: object) -> None:
    result = schema.execute_sync(f"{{ answer: {asked} }}")
    assert result.errors is None
    assert result.data == {"answer": answer}


@pytest.mark.parametrize(
    ("kind", "field", "sent", "answer"),
    [
        ("Date", "day", "2026-11-22", "2026-11-22"),
        ("DateTime", "moment", "2026-11-22T00:00:00-05:30", "2026-11-22T05:30:00Z"),
        ("Decimal", "number", 0.1, "0.1"),
        ("Decimal", "number", 12, "12"),
        ("Decimal", "number", "1E+3", "1000"),
        ("JSON", "json", {"a": [1.5, None]}, {"a": [1.5, None]}),
    ],
)
def test_variables_pass_through_a_document(
    schema: strawberry.Schema, kind: str, field: str, sent: object, answer: object
) -> None:
    document = f"query ($value: {kind}!) {{ answer: {field}(value: $value) }}"
    result = schema.execute_sync(document, variable_values={"value": sent})
    assert result.errors is None
    assert result.data == {"answer": answer}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ('day(value: "2024-02-30")', "The calendar has no such day."),
        ('day(value: "2024-02-01T00:00:00Z")', "a day without a time is wanted"),
        ("day(value: 20240201)", "YYYY-MM-DD"),
        ('moment(value: "2024-02-01")', 'write "2024-02-01T00:00:00Z"'),
        ("moment(value: 1706745600)", "RFC 3339"),
        ('number(value: "1,450.00")', '"1450.00"'),
        ("number(value: true)", '"1450.00"'),
        ('number(value: "1e31")', "exponent between -30 and 30"),
    ],
)
def test_a_refusal_says_what_to_write(schema: strawberry.Schema, asked: str, told: str) -> None:
    result = schema.execute_sync(f"{{ answer: {asked} }}")
    assert result.data is None
    assert result.errors is not None
    assert told in result.errors[0].message


@pytest.mark.parametrize(
    "value",
    [
        "",
        "2024-2-3",
        "20240203",
        "2024-W05-1",
        "2024-02-03 ",
        "2024-02-03\n",
        "0000-01-01",
        "2023-02-29",
        "٢٠٢٤-٠٢-٠٣",
        "2024-02-03T00:00:00",
        date(2024, 2, 3),
        None,
        True,
    ],
)
def test_a_date_is_a_plain_calendar_day(value: object) -> None:
    with pytest.raises(ValueError, match="YYYY-MM-DD"):
        parse_date(value)


@given(st.dates())
def test_a_date_written_is_the_date_read(day: date) -> None:
    assert parse_date(serialize_date(day)) == day


@pytest.mark.parametrize("value", [datetime(2024, 2, 3, tzinfo=UTC), "2024-02-03", 20240203])
def test_only_a_date_is_shown_as_a_date(value: object) -> None:
    with pytest.raises(TypeError, match="Date cannot represent a"):
        serialize_date(value)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-31T09:30:00Z", datetime(2026, 3, 31, 9, 30, tzinfo=UTC)),
        ("2026-03-31t09:30:00z", datetime(2026, 3, 31, 9, 30, tzinfo=UTC)),
        ("2026-03-31 09:30:00Z", datetime(2026, 3, 31, 9, 30, tzinfo=UTC)),
        ("2026-03-31T09:30:00", datetime(2026, 3, 31, 9, 30, tzinfo=UTC)),
        ("2026-03-31T09:30:00-00:30", datetime(2026, 3, 31, 10, 0, tzinfo=UTC)),
        ("2026-03-31T09:30:00.5Z", datetime(2026, 3, 31, 9, 30, 0, 500000, tzinfo=UTC)),
        ("2026-10-25T19:13:41.4892555+00:00", datetime(2026, 10, 25, 19, 13, 41, 489255, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_utc(text: str, moment: datetime) -> None:
    read = parse_datetime(text)
    assert read == moment
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        "",
        "now",
        "2026-03-31T09:30Z",
        "2026-03-31T24:00:00Z",
        "2026-03-31T23:59:60Z",
        "2026-02-30T09:30:00Z",
        "2026-03-31T09:30:00+24:00",
        "2026-03-31T09:30:00+01:60",
        "2026-03-31T09:30:00+0100",
        "2026-03-31T09:30:00Z ",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-01:00",
        1706745600,
        datetime(2026, 3, 31, tzinfo=UTC),
        None,
    ],
)
def test_a_moment_is_written_as_in_rfc_3339(value: object) -> None:
    with pytest.raises(ValueError, match="RFC 3339"):
        parse_datetime(value)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 31, 11, 30, tzinfo=BRUSSELS_SUMMER), "2026-03-31T09:30:00Z"),
        (datetime(2026, 3, 31, 9, 30), "2026-03-31T09:30:00Z"),  # noqa: DTZ001 - naive on purpose
        (datetime(2026, 3, 31, 9, 30, 0, 123000, tzinfo=UTC), "2026-03-31T09:30:00.123000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    ],
)
def test_a_moment_is_shown_in_utc(moment: datetime, text: str) -> None:
    assert serialize_datetime(moment) == text


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_a_moment_written_is_the_moment_read(moment: datetime) -> None:
    assert parse_datetime(serialize_datetime(moment)) == moment.astimezone(UTC)


@pytest.mark.parametrize("value", [date(2026, 3, 31), "2026-03-31T09:30:00Z", 0])
def test_only_a_moment_is_shown_as_a_moment(value: object) -> None:
    with pytest.raises(TypeError, match="DateTime cannot represent a"):
        serialize_datetime(value)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("3499.00", "3499.00"),
        ("-0.5", "-0.5"),
        ("0.5", "0.5"),
        (10**40 - 1, "9" * 40),
        (0.1, "0.1"),
        (1e22, "1E+22"),
        ("9" * 40, "9" * 40),
        ("1e30", "1E+30"),
        ("1e-30", "1E-30"),
    ],
)
def test_a_number_is_read_exactly(value: object, number: str) -> None:
    assert str(parse_decimal(value)) == number


@pytest.mark.parametrize(
    "value",
    [
        "",
        " 1",
        "1 ",
        "1_000",
        "+.5",
        "5.",
        "0042",
        "1,5",
        "0x1F",
        "NaN",
        "Infinity",
        "-inf",
        "٣",
        "1e",
        True,
        None,
        [],
        float("nan"),
    ],
)
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="Write a decimal number"):
        parse_decimal(value)


@pytest.mark.parametrize(
    "value",
    [
        "9" * 41,
        "9" * 100_000,
        "1e31",
        "1e-31",
        "1e999999999999999999999999",
        10**40,
        pytest.param(-(10**5000), id="5001 digits"),
        1e31,
        1e300,
    ],
)
def test_an_absurd_number_is_refused_at_once(value: object) -> None:
    with pytest.raises(ValueError, match="at most 40 digits"):
        parse_decimal(value)


@pytest.mark.parametrize("literal", ["true", "null", "[1]", "{a: 1}", "ONE", '"one"'])
def test_a_literal_that_is_no_number_is_refused(literal: str) -> None:
    with pytest.raises(ValueError, match="Write a decimal number"):
        parse_decimal_literal(parse_value(literal))


@pytest.mark.parametrize(
    ("number", "text"),
    [("1E+3", "1000"), ("1E-7", "0.0000001"), ("3499.00", "3499.00"), ("-12.50", "-12.50"), ("0E+2", "0")],
)
def test_a_number_is_shown_without_an_exponent(number: str, text: str) -> None:
    assert serialize_decimal(Decimal(number)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=10))
def test_a_number_written_is_the_number_read(number: Decimal) -> None:
    shown = serialize_decimal(number)
    assert parse_decimal(shown) == number
    assert "e" not in shown.lower()


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+31", "1E+999999"])
def test_what_cannot_be_written_out_is_not_shown(number: str) -> None:
    with pytest.raises(ValueError, match=r"not a number|at most 40 digits"):
        serialize_decimal(Decimal(number))


@pytest.mark.parametrize("value", ["1.0", 1, 1.0, None])
def test_only_a_decimal_is_shown_as_a_decimal(value: object) -> None:
    with pytest.raises(TypeError, match="Decimal cannot represent a"):
        serialize_decimal(value)
