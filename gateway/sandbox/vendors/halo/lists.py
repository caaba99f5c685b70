"""How Halo's lists behave: query parameters, the paging trap, ordering as its database does it, searching."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from starlette.requests import Request

from gateway.sandbox.vendors.halo.values import Row

AGENTS_DEFAULT = 50
LARGEST_PAGE = 100
_CONTAINS = 4

Keep = Callable[[Row], bool]


class Refused(Exception):
    """A request that Halo answers with 400 (or `status`) and this body: Halo has several shapes for it."""

    def __init__(self, body: object, *, status: int = 400) -> None:
        super().__init__("refused")
        self.body = body
        self.status = status


class Query:
    """The parameters of a request: names in any case, values converted, 400 for what does not convert."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        self._values = {name.lower(): value.strip() for name, value in values}

    @classmethod
    def of(cls, request: Request) -> "Query":
        """The parameters of this request."""
        return cls(request.query_params.multi_items())

    def text(self, name: str) -> str | None:
        """The value, or None where it is missing or empty."""
        return self._values.get(name) or None

    def flag(self, name: str) -> bool | None:
        """True, False, or None where it is missing."""
        value = self.text(name)
        if value is None:
            return None
        if value.lower() not in {"true", "false"}:
            raise Refused(_invalid(name))
        return value.lower() == "true"

    def number(self, name: str) -> int | None:
        """A whole number, or None where it is missing."""
        value = self.text(name)
        try:
            return None if value is None else int(value)
        except ValueError as exc:
            raise Refused(_invalid(name)) from exc

    def numbers(self, name: str) -> frozenset[int] | None:
        """The ids of a comma-separated list, or None where it is missing."""
        value = self.text(name)
        try:
            return (
                None if value is None else frozenset(int(part) for part in value.split(",") if part.strip())
            )
        except ValueError as exc:
            raise Refused(_invalid(name)) from exc


def _invalid(name: str) -> Row:
    return {"Message": f"The request is invalid: {name}."}


@dataclass(frozen=True, kw_only=True)
class Page:
    """A part of a list. `record_count` is the total only when paging was really asked for."""

    rows: Sequence[Row]
    record_count: int
    page_no: int
    page_size: int


def page(rows: Sequence[Row], query: Query, *, fixed_size: int | None = None) -> Page:
    """
    The part of `rows` that is asked for.

    Both `pageinate=true` and a 1-based `page_no` are needed: else come the agent's first 50 rows (or `count`
    of them) and `record_count` is just their number. `fixed_size` stands for any `page_size`.

    >>> rows = [{"id": number} for number in range(120)]
    >>> page(rows, Query([("page_no", "2"), ("page_size", "100")])).record_count
    50
    >>> len(page(rows, Query([("pageinate", "true"), ("page_no", "2"), ("page_size", "100")])).rows)
    20
    """
    page_no = query.number("page_no")
    asked = query.number("page_size") or AGENTS_DEFAULT
    idonly = query.flag("idonly")
    if not query.flag("pageinate") or page_no is None or page_no < 1 or idonly:
        limit = query.number("count") or AGENTS_DEFAULT
        part = rows[: max(0, limit)]
        return Page(rows=part, record_count=len(part), page_no=1, page_size=limit)
    size = fixed_size or min(max(1, asked), LARGEST_PAGE)
    start = (page_no - 1) * size
    return Page(rows=rows[start : start + size], record_count=len(rows), page_no=page_no, page_size=size)


def ordered(rows: Sequence[Row], query: Query) -> Sequence[Row]:
    """`rows` by `order` to `order5`, as SQL Server does: text without case, nulls first."""
    for level in ("5", "4", "3", "2", ""):
        name = query.text(f"order{level}")
        if name and rows and name.lower() in rows[0]:
            key = name.lower()
            rows = sorted(
                rows, key=lambda row: _rank(row.get(key)), reverse=bool(query.flag(f"orderdesc{level}"))
            )
    return rows


def _rank(value: object) -> tuple[int, float, str]:
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, (bool, int, float)):
        return (1, float(value), "")
    return (2, 0.0, str(value).lower())


def searched(query: Query, names: Sequence[str], *, parameter: str = "search") -> Keep | None:
    """Rows with the term in one of these properties, case ignored; None where nothing is searched for."""
    term = (query.text(parameter) or "").lower()
    if not term:
        return None
    return lambda row: any(term in str(row.get(name) or "").lower() for name in names)


def advanced(query: Query) -> list[Keep]:
    """`advanced_search`: a JSON array of filters, of which type 4 (contains) is known."""
    text = query.text("advanced_search")
    if not text:
        return []
    try:
        parts = [
            (str(part["filter_name"]), str(part["filter_value"]).lower())
            for part in json.loads(text)
            if part["filter_type"] == _CONTAINS
        ]
    except (ValueError, TypeError, KeyError) as exc:
        raise Refused(_invalid("advanced_search")) from exc
    return [lambda row, n=name, v=value: v in str(row.get(n) or "").lower() for name, value in parts]  # type: ignore[misc]


def matching(rows: Iterable[Row], keeps: Iterable[Keep | None]) -> list[Row]:
    """The rows that every filter keeps."""
    active = [keep for keep in keeps if keep]
    return [row for row in rows if all(keep(row) for keep in active)]


def equals(query: Query, parameter: str, name: str | None = None) -> Keep | None:
    """Rows whose number `name` is the parameter's; None where it is not given. 0 and below mean any."""
    wanted = query.number(parameter)
    key = name or parameter
    return None if wanted is None or wanted <= 0 else lambda row: row.get(key) == wanted


def among(query: Query, parameter: str, name: str) -> Keep | None:
    """Rows whose number `name` is one of the parameter's comma-separated ones."""
    wanted = query.numbers(parameter)
    return None if wanted is None else lambda row: row.get(name) in wanted


def active_only(query: Query, *, name: str = "inactive") -> Keep | None:
    """Active rows, unless `activeinactive`, `includeactive` or `includeinactive` say otherwise."""
    pair = query.text("activeinactive")
    if pair:
        active, _, inactive = (part.strip() == "true" for part in pair.lower().partition(","))
    else:
        active = query.flag("includeactive") is not False
        inactive = bool(query.flag("includeinactive"))
    if active and inactive:
        return None
    return lambda row: inactive if row.get(name) else active
