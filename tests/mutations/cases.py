"""What is tried with every change of a record: how it is asked for, what is sent, and what comes of it."""

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
    place: str
    ticket: str | None
    licence: str | None
    certificate: str | None
    row: Row = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Where a vendor tells all records of a type, and one. `stamps` change with every change."""

    list: str
    one: str | None = None
    stamps: frozenset[str] = frozenset()


PAGE = "pageinate=true&page_size=100&page_no="
KINDS = {
    "tether.asset": Kind(list="/api/assets", one="/api/assets/{}"),
    "fiwit.asset": Kind(list="/assets", one="/assets/{}", stamps=frozenset({"updated_at"})),
    "fiwit.ticket": Kind(list="/tickets", one="/tickets/{}", stamps=frozenset({"updated_at"})),
    "halo.asset": Kind(
        list=f"/api/Asset?includeinactive=true&includeactive=true&{PAGE}",
        one="/api/Asset/{}?includedetails=true",
        stamps=frozenset({"last_modified", "dlastupdate"}),
    ),
    "halo.ticket": Kind(
        list=f"/api/Tickets?{PAGE}",
        one="/api/Tickets/{}?includedetails=true&includelinkedobjects=true",
        stamps=frozenset({"last_update", "lastactiondate"}),
    ),
    "halo.licence": Kind(list=f"/api/SoftwareLicence?{PAGE}", one="/api/SoftwareLicence/{}"),
    "halo.meterReading": Kind(list=f"/api/MeterReading?{PAGE}", one="/api/MeterReading/{}"),
    "halo.changeRecord": Kind(list=f"/api/AssetChange?{PAGE}"),
    "halo.certificate": Kind(list="/api/Certificate", one="/api/Certificate/{}"),
    "revnue.asset": Kind(list="/api/v2/asset/?company=1", one="/api/v2/asset/{}/?company=1"),
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
NO_ASSET = tuple((one, "BAD_USER_INPUT") for one in ("halo:Person:1", "elsewhere:Asset:1", "no id", ""))
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

    `given` is the input, `sent` method, path and body. Afterwards `row` is what the vendor's own row has otherwise than
    before, or has where it is new; `shown` is what the answer has of it. `wrong` are values that an argument cannot
    have, with the code; `without` are arguments that the vendor has no place for. `named` is the vendor's name of a
    field that is given, and ours. `settles` says that a look tells whether it was done.
    """

    at: str
    mutation: str
    given: Callable[[Facts], dict[str, Any]]
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
        """Whose it is."""
        return self.at.partition(".")[0]

    @property
    def kind(self) -> Kind:
        """Where the records are."""
        return KINDS[self.at.rpartition(".")[0]]

    @property
    def does(self) -> str:
        """`create`, `update` and so on."""
        return self.at.rpartition(".")[2]

    @property
    def result(self) -> str:
        """The field of the answer that has the record."""
        kind = self.at.split(".")[1]
        return "deletedId" if self.does == "delete" else {"changeRecord": "change"}.get(kind, kind)

    @property
    def selection(self) -> str:
        """What is asked of it."""
        inner = " ".join(("id", *self.shown))
        return "deletedId warnings" if self.does == "delete" else f"{self.result} {{ {inner} }} warnings"


def deleting(at: str, mutation: str, path: str, type_name: str, which: str) -> Case:
    return Case(
        at=at,
        mutation=mutation,
        given=lambda f: {"id": f"{at.partition('.')[0]}:{type_name}:{getattr(f, which)}"},
        sent=lambda f: ("DELETE", f"{path}/{getattr(f, which)}", b""),
        settles=True,
    )


# what there is


async def facts(at: House, case: Case) -> Facts:
    """What the case speaks of."""
    # Halo would be asked once more for each asset's cost.
    more = "purchaseCost" if case.source == "tether" else ""
    asked = await at.ask(
        f"""{{
          assets(first: 500) {{ nodes {{ nativeId status location {{ nativeId }} assignedTo {{ nativeId }}
            serialNumber category {more} }} }}
          people(first: 5) {{ nodes {{ nativeId }} }}
          locations(first: 1) {{ nodes {{ nativeId }} }}
          tickets(first: 1) {{ nodes {{ nativeId }} }}
          licences(first: 1) {{ nodes {{ nativeId }} }}
          certificates(first: 1) {{ nodes {{ nativeId }} }}
        }}"""
    )
    found = {name: page["nodes"] for name, page in asked.whole.items()}
    status = "IN_USE" if case.held else "AVAILABLE" if case.source == "tether" else None
    asset = next(
        one
        for one in found["assets"]
        if (status is None or one["status"] == status)
        and one["serialNumber"]
        and (case.source != "tether" or (one["location"] and one["purchaseCost"] and one["category"]))
        and (one["assignedTo"] or not case.held)
        and (case.source != "revnue" or (one["assignedTo"] and one["status"] != "UNKNOWN"))
    )
    holder = [one["assignedTo"] for one in found["assets"] if one["assignedTo"]]
    people = found["people"] or holder

    def first(kind: str) -> str | None:
        return found[kind][0]["nativeId"] if found[kind] else None

    return Facts(
        asset=asset["nativeId"],
        person=people[-1]["nativeId"],
        place=first("locations") or "0",
        ticket=first("tickets"),
        licence=first("licences"),
        certificate=first("certificates"),
    )


async def rows(at: House, kind: Kind) -> dict[Any, Row]:
    """All rows of a kind as the vendor itself tells them, each as fully as it does."""
    found: dict[Any, Row] = {}
    for page in range(1, 100) if kind.list.endswith("=") else (None,):
        body = await at.vendor.tells(f"{kind.list}{'' if page is None else page}")
        wrapped = (
            body
            if isinstance(body, list)
            else next((one for one in body.values() if isinstance(one, list) and one), [])
        )
        new = {(row.get("asset_id"), row["id"]): row for row in wrapped}
        if not new.keys() - found.keys():
            break
        found |= new
    if kind.one is None:
        return found
    return {key: await at.vendor.tells(kind.one.format(key[1])) for key in found}


def like(found: Any, wanted: Any) -> Any:
    """A value with only those keys of its objects that are wanted, to be compared."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return {key: like(found.get(key, "missing"), one) for key, one in wanted.items()}
    if isinstance(wanted, list) and isinstance(found, list) and len(found) == len(wanted):
        return [like(one, other) for one, other in zip(found, wanted, strict=True)]
    return found
