"""Cases of every change of a record: its input, the request that is sent, and its result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.mutations.house import House

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Native ids of what a vendor has, and the row of the record that the case is about."""

    asset: str
    person: str
    location: str
    ticket: str | None
    licence: str | None
    certificate: str | None
    row: Row = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The paths of a vendor's list of a type and of one record. `stamps` are keys that change with every change."""

    list: str
    record_path: str | None = None
    stamps: frozenset[str] = frozenset()


PAGE = "pageinate=true&page_size=100&page_no="
KINDS = {
    "tether.asset": Kind(list="/api/assets", record_path="/api/assets/{}"),
    "fiwit.asset": Kind(list="/assets", record_path="/assets/{}", stamps=frozenset({"updated_at"})),
    "fiwit.ticket": Kind(list="/tickets", record_path="/tickets/{}", stamps=frozenset({"updated_at"})),
    "halo.asset": Kind(
        list=f"/api/Asset?includeinactive=true&includeactive=true&{PAGE}",
        record_path="/api/Asset/{}?includedetails=true",
        stamps=frozenset({"last_modified", "dlastupdate"}),
    ),
    "halo.ticket": Kind(
        list=f"/api/Tickets?{PAGE}",
        record_path="/api/Tickets/{}?includedetails=true&includelinkedobjects=true",
        stamps=frozenset({"last_update", "lastactiondate"}),
    ),
    "halo.licence": Kind(list=f"/api/SoftwareLicence?{PAGE}", record_path="/api/SoftwareLicence/{}"),
    "halo.meterReading": Kind(list=f"/api/MeterReading?{PAGE}", record_path="/api/MeterReading/{}"),
    "halo.changeRecord": Kind(list=f"/api/AssetChange?{PAGE}"),
    "halo.certificate": Kind(list="/api/Certificate", record_path="/api/Certificate/{}"),
    "halo.licenceInfo": Kind(list=f"/api/LicenseInfo?{PAGE}"),
    "revnue.asset": Kind(list="/api/v2/asset/?company=1", record_path="/api/v2/asset/{}/?company=1"),
}

#: A well-formed value of each argument, for vendors that have no place for it.
SAMPLES: Mapping[str, Any] = {
    "name": "x", "assetTag": "x", "serialNumber": "x", "status": "RETIRED", "manufacturer": "x", "model": "x",
    "categoryId": "1", "assetTypeId": "1", "locationId": "{}:Location:1", "assignedToId": "{}:Person:1",
    "ipAddress": "10.0.0.1", "purchaseDate": "2026-01-02", "purchaseCost": "1.00", "warrantyEndDate": "2026-01-02",
    "notes": "x", "customFields": [{"name": "x", "value": "x"}], "description": "x", "priority": "LOW",
    "ticketTypeId": "1", "requesterId": "{}:Person:1", "subject": "x",
}  # fmt: skip
#: What every request has: tried with each case alike.
ABOUT = frozenset({"id", "source", "idempotencyKey", "dryRun", "ifUnchangedSince", "vendorFields"})

Wrong = Mapping[str, Sequence[tuple[Any, str]]]
NO_TEXT = (({"an": "object"}, "BAD_USER_INPUT"), (["a", "list"], "BAD_USER_INPUT"))
NO_DAY = (("2026-13-01", "BAD_USER_INPUT"), ("soon", "BAD_USER_INPUT"))
NO_MONEY = (("cheap", "BAD_USER_INPUT"), (["1"], "BAD_USER_INPUT"))


def no_link(source: str, other: str = "AssetTypeDefinition") -> Sequence[tuple[Any, str]]:
    """An id of another type, of another source, and what is no id."""
    return (
        (f"{source}:{other}:1", "INVALID"),
        ("elsewhere:Person:1", "BAD_USER_INPUT"),
        ("no id", "BAD_USER_INPUT"),
    )


#: The asset's id tells the source, so that it has to be one.
NO_ASSET = tuple(
    (global_id, "BAD_USER_INPUT") for global_id in ("halo:Person:1", "elsewhere:Asset:1", "no id", "")
)
NO_OWN_ID = (("laptops", "INVALID"), ("1/../2", "INVALID"), ("-1", "INVALID"))
NO_STATUS = (("IN_STOCK", "BAD_USER_INPUT"), ("UNKNOWN", "INVALID"))
NO_FIELDS = (
    ([{"value": 1}], "INVALID"),
    ([{"id": "1"}], "INVALID"),
    ([{"id": "1", "value": [1]}], "INVALID"),
    ([{"id": "1", "value": {"a": 1}}], "INVALID"),
    ("x", "BAD_USER_INPUT"),
)
NO_NAME = (("", "INVALID"), ("  ", "INVALID"), *NO_TEXT)


@dataclass(frozen=True, kw_only=True)
class Case:
    """
    One change at one vendor.

    `operation` is source, type and verb: "halo.asset.create". `input_values` is the input, `sent` method, path and
    body. Afterwards `row` are the values of the vendor's own row that differ from before, or that a new one has;
    `shown` are those of the answer. `wrong` are values that an argument cannot have, with the code; `without` are
    arguments that the vendor does not have. `named` is the vendor's name of a field of the input, and ours. `settles`
    says that a look at the record shows if it was done.
    """

    operation: str
    mutation: str
    input_values: Callable[[Facts], dict[str, Any]]
    sent: Callable[[Facts], tuple[str, str, Any]]
    row: Callable[[Facts], Row] = lambda _: {}
    shown: Row = field(default_factory=dict)
    wrong: Wrong = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    named: tuple[str, str] | None = None
    settles: bool = False
    held: bool = False

    @property
    def source(self) -> str:
        """The name of the source."""
        return self.operation.partition(".")[0]

    @property
    def kind(self) -> Kind:
        """The kind of the record."""
        return KINDS[self.operation.rpartition(".")[0]]

    @property
    def does(self) -> str:
        """`create`, `update` and so on."""
        return self.operation.rpartition(".")[2]

    @property
    def result(self) -> str:
        """The field of the answer that has the record."""
        kind = self.operation.split(".")[1]
        return "deletedId" if self.does == "delete" else {"changeRecord": "change"}.get(kind, kind)

    @property
    def selection(self) -> str:
        """The fields of the payload that are selected."""
        inner = " ".join(("id", *self.shown))
        return "deletedId warnings" if self.does == "delete" else f"{self.result} {{ {inner} }} warnings"


def deleting(operation: str, mutation: str, path: str, type_name: str, fact: str) -> Case:
    return Case(
        operation=operation,
        mutation=mutation,
        input_values=lambda f: {"id": f"{operation.partition('.')[0]}:{type_name}:{getattr(f, fact)}"},
        sent=lambda f: ("DELETE", f"{path}/{getattr(f, fact)}", b""),
        settles=True,
    )


# what there is


async def facts(gateway: House, case: Case) -> Facts:
    """The facts of a case, read from its vendor."""
    # Halo would be asked once more for each asset's cost.
    cost = "purchaseCost" if case.source == "tether" else ""
    answer = await gateway.ask(
        f"""{{
          assets(first: 500) {{ nodes {{ nativeId status location {{ nativeId }} assignedTo {{ nativeId }}
            serialNumber category {cost} }} }}
          people(first: 5) {{ nodes {{ nativeId }} }}
          locations(first: 1) {{ nodes {{ nativeId }} }}
          tickets(first: 1) {{ nodes {{ nativeId }} }}
          licences(first: 1) {{ nodes {{ nativeId }} }}
          certificates(first: 1) {{ nodes {{ nativeId }} }}
        }}"""
    )
    nodes = {name: page["nodes"] for name, page in answer.whole.items()}
    status = "IN_USE" if case.held else "AVAILABLE" if case.source == "tether" else None
    asset = next(
        candidate
        for candidate in nodes["assets"]
        if (status is None or candidate["status"] == status)
        and candidate["serialNumber"]
        and (
            case.source != "tether"
            or (candidate["location"] and candidate["purchaseCost"] and candidate["category"])
        )
        and (candidate["assignedTo"] or not case.held)
        and (case.source != "revnue" or (candidate["assignedTo"] and candidate["status"] != "UNKNOWN"))
    )
    holder = [candidate["assignedTo"] for candidate in nodes["assets"] if candidate["assignedTo"]]
    people = nodes["people"] or holder

    def first(kind: str) -> str | None:
        return nodes[kind][0]["nativeId"] if nodes[kind] else None

    return Facts(
        asset=asset["nativeId"],
        person=people[-1]["nativeId"],
        location=first("locations") or "0",
        ticket=first("tickets"),
        licence=first("licences"),
        certificate=first("certificates"),
    )


async def rows(gateway: House, kind: Kind) -> dict[Any, Row]:
    """All rows of a kind as the vendor itself tells them, each as fully as it does."""
    rows_by_id: dict[Any, Row] = {}
    for page in range(1, 100) if kind.list.endswith("=") else (None,):
        body = await gateway.vendor.tells(f"{kind.list}{'' if page is None else page}")
        wrapped = (
            body
            if isinstance(body, list)
            else next(
                (candidate for candidate in body.values() if isinstance(candidate, list) and candidate), []
            )
        )
        new = {(row.get("asset_id"), row["id"]): row for row in wrapped}
        if not new.keys() - rows_by_id.keys():
            break
        rows_by_id |= new
    if kind.record_path is None:
        return rows_by_id
    return {key: await gateway.vendor.tells(kind.record_path.format(key[1])) for key in rows_by_id}


def like(actual: Any, expected: Any) -> Any:
    """A value with only those keys of its objects that are wanted, to be compared."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return {key: like(actual.get(key, "missing"), value) for key, value in expected.items()}
    if isinstance(expected, list) and isinstance(actual, list) and len(actual) == len(expected):
        return [like(value, expected_value) for value, expected_value in zip(actual, expected, strict=True)]
    return actual
