"""One thing through the gateway: the examples, the estates, what is asked of whom, and what failures do."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from gateway.identity import IdentityRecord
from gateway.upstream.caching import cached_reads
from gateway.upstream.caching.freshness import Freshness
from resolvers.identity import conflicting_things, unified_lists
from resolvers.identity.bulk_values import values_of
from tests.identity.estates import EstateMaker
from tests.identity.example_estate import example_record, load_examples
from tests.support.estate_vendors import EstateGateway, native

DECISIONS = """
[identity]
same = [["halo:Asset:919", "s3s:Asset:802"]]
different = [["fiwit:Asset:74", "tether:Asset:28"]]

[[identity.asset_tags]]
shared_by = ["tether", "halo/Pine & Sons", "revnue"]
"""
SOURCES = ("fiwit", "halo", "revnue", "s3s", "southdesk", "tether")
SECTION_1 = """{ assets(first: 500) { nodes {
  serialNumber secondarySerialNumber assetTag name manufacturer model organisation purchaseDate warranty { endDate }
} pageInfo { hasNextPage } } }"""


def example_records() -> list[IdentityRecord]:
    return [example_record(row) for row in load_examples()["records"]]


def laptops() -> list[IdentityRecord]:
    """One laptop at three sources, one at two with other tags, and one alone."""
    return [
        IdentityRecord(
            "fiwit:Asset:1", "fiwit", "4HJT9X3", name="lt-1", manufacturer="Dell", model="Latitude 7450"
        ),
        IdentityRecord(
            "halo:Asset:1", "halo", "S/N: 4hjt9x3", asset_tag="IT-1", name="lt-1", manufacturer="DELL"
        ),
        IdentityRecord("tether:Asset:1", "tether", "4HJT9X3", asset_tag="IT-1", manufacturer="Dell Inc."),
        IdentityRecord(
            "halo:Asset:2", "halo", "PF3K7QJD", asset_tag="IT-2", name="lt-2", manufacturer="Lenovo"
        ),
        IdentityRecord(
            "tether:Asset:2", "tether", "1S20XWCTO1WWPF3K7QJD", asset_tag="77", manufacturer="Lenovo"
        ),
        IdentityRecord("tether:Asset:3", "tether", "5CG1234ABC", asset_tag="IT-3", manufacturer="HP"),
    ]


@asynccontextmanager
async def gateway(
    records: Sequence[IdentityRecord], folder: Path, decisions: str = "", **options: Any
) -> AsyncIterator[EstateGateway]:
    file = folder / "identity.toml"
    file.write_text(decisions, "utf-8")
    async with EstateGateway(records, decisions=file, **options) as made:
        yield made


async def test_every_example_is_joined_as_it_says(tmp_path: Path) -> None:
    examples = load_examples()
    async with gateway(example_records(), tmp_path, DECISIONS) as made:
        things = await made.groups()
        pairs = (
            await made.ask("{ possibleMatches(first: 500) { nodes { left { id } right { id } } } }")
        ).whole
    joined = {records for records in things.values() if len(records) > 1}
    assert joined == {frozenset(group["records"]) for group in examples["groups"]}
    assert sum(map(len, things.values())) == len(examples["records"])
    for apart in examples["apart"]:
        for pair in combinations(apart["records"], 2):
            assert not any(set(pair) <= records for records in things.values()), apart["why"]
    offered = {
        frozenset({pair["left"]["id"], pair["right"]["id"]}) for pair in pairs["possibleMatches"]["nodes"]
    }
    for possible in examples["possible"]:
        assert any(frozenset(pair) in offered for pair in combinations(possible["records"], 2)), possible[
            "why"
        ]


@pytest.mark.parametrize(
    ("fault", "working", "code"),
    [
        ({"status": 401}, {"status": 200}, "UPSTREAM_AUTH"),
        pytest.param({"status": 500}, {"status": 200}, "UPSTREAM_UNAVAILABLE", marks=pytest.mark.long),
        pytest.param({"body": "<html>"}, {"body": None}, "UPSTREAM_GARBLED", marks=pytest.mark.long),
        pytest.param({"is_hanging": True}, {"is_hanging": False}, "UPSTREAM_TIMEOUT", marks=pytest.mark.long),
    ],
    ids=["refused", "down", "garbled", "slow"],
)
async def test_an_estate_is_joined_without_a_false_join_whatever_source_is_away(
    tmp_path: Path, fault: dict[str, Any], working: dict[str, Any], code: str
) -> None:
    estate = EstateMaker(3, devices=300).make()
    tags = '[[identity.asset_tags]]\nshared_by = ["tether", "halo/Pine & Sons", "revnue"]'
    patience = {f"GATEWAY_SOURCES__{name.upper()}__TIMEOUT_SECONDS": "2" for name in SOURCES}
    environ = patience if "is_hanging" in fault else {}
    async with gateway(estate.records, tmp_path, tags, cached=False, environ=environ) as made:
        whole = await made.groups()
        for away in (None, *SOURCES):
            if away is not None:
                vars(made.vendors[away]).update(fault)
            answer = await made.ask("{ unifiedAssets(first: 500) { complete nodes { id records { id } } } }")
            page = answer.data["unifiedAssets"]
            assert page["complete"] is (away is None)
            assert answer.codes == ([] if away is None else [code])
            for node in page["nodes"]:
                records = {record["id"] for record in node["records"]}
                assert len({estate.thing_of[record] for record in records}) == 1
                # Ids do not depend on who answers, nor do the joins.
                assert records <= whole[node["id"]]
                assert not any(record.startswith(f"{away}:") for record in records)
            if away is not None:
                vars(made.vendors[away]).update(working)


async def test_one_reading_answers_everything_and_none_is_made_while_it_is_fresh(tmp_path: Path) -> None:
    estate = EstateMaker(5, devices=100).make()
    async with gateway(estate.records, tmp_path) as made:
        await made.ask(SECTION_1)
        plain = made.upstreams.lines()
    async with gateway(estate.records, tmp_path) as made:
        query = """{
          unifiedAssets(first: 500) { nodes { id matchedBy name records { id } possibleMatches { asset { id } } } }
          assetCoverage { pairs { both } }
          assets(first: 500) { nodes { id sameAs { id } unified { id } } }
        }"""
        _, calls = await made.measure(query)
        # Fewer, even: assets without a serial number in Halo's list take a call each there.
        assert Counter(calls) <= Counter(plain)
        for further in ("{ duplicateAssets { totalCount } }", "{ possibleMatches { totalCount } }", query):
            _, calls = await made.measure(further)
            assert calls == []


async def test_halos_cards_are_not_asked_for_one_by_one(tmp_path: Path) -> None:
    async with gateway(laptops(), tmp_path) as made:
        query = "{ unifiedAssets { nodes { macAddress assignedTo { name } provenance { field } } } }"
        _, calls = await made.measure(query)
        assert not [line for line in calls if line.startswith("halo /Asset/")]
        _, calls = await made.measure('{ unifiedAsset(serialNumber: "4HJT9X3") { macAddress } }')
        assert [line for line in calls if line.startswith("halo /Asset/")] == ["halo /Asset/1"]


async def test_the_gap_report(tmp_path: Path) -> None:
    async with gateway(laptops(), tmp_path) as made:
        query = """query ($presence: PresenceFilter) {
          unifiedAssets(presence: $presence, orderBy: [{field: RECORDS, direction: DESC}]) {
            totalCount nodes { records { id } }
          }
        }"""

        async def fitting(**presence: Any) -> list[str]:
            page = (await made.ask(query, presence=presence)).whole["unifiedAssets"]
            assert page["totalCount"] == len(page["nodes"])
            return [node["records"][0]["id"] for node in page["nodes"]]

        assert await fitting(**{"in": ["halo"], "notIn": ["fiwit"]}) == ["halo:Asset:2"]
        assert await fitting(notIn=["HALO"]) == ["tether:Asset:3"]
        assert await fitting(records={"gte": 2}) == ["fiwit:Asset:1", "halo:Asset:2"]
        assert await fitting(conflicts=["assetTag"]) == ["halo:Asset:2"]
        assert await fitting(conflicts=[]) == []
        assert await fitting(possibleMatches=True) == []
        coverage = (
            await made.ask(
                """{ assetCoverage {
                  complete sources { source { name } records things alone }
                  pairs { a { name } b { name } both onlyA onlyB }
                } }"""
            )
        ).whole["assetCoverage"]
        assert coverage["complete"] is True
        assert coverage["sources"][2] == {"source": {"name": "tether"}, "records": 3, "things": 3, "alone": 1}
        assert coverage["pairs"][2] == {
            "a": {"name": "halo"},
            "b": {"name": "tether"},
            "both": 2,
            "onlyA": 0,
            "onlyB": 1,
        }


async def test_what_one_source_has_twice_is_a_duplicate(tmp_path: Path) -> None:
    again = IdentityRecord(
        "tether:Asset:9", "tether", "s/n 5cg1234abc", asset_tag="IT-9", manufacturer="HP Inc."
    )
    async with gateway([*laptops(), again], tmp_path) as made:
        query = "query ($source: String) { duplicateAssets(source: $source) { totalCount nodes { records { id } } } }"
        twice = [{"records": [{"id": "tether:Asset:3"}, {"id": "tether:Asset:9"}]}]
        for source in (None, "tether"):
            assert (await made.ask(query, source=source)).whole["duplicateAssets"]["nodes"] == twice
        assert (await made.ask(query, source="halo")).whole["duplicateAssets"]["totalCount"] == 0


async def test_a_filter_lists_a_thing_whole(tmp_path: Path) -> None:
    async with gateway(laptops(), tmp_path) as made:
        query = """{ unifiedAssets(filter: {source: {eq: "fiwit"}}) { totalCount nodes { records { id } } }
                     assetCoverage(filter: {source: {eq: "fiwit"}}) { sources { things } } }"""
        data = (await made.ask(query)).whole
        assert [len(node["records"]) for node in data["unifiedAssets"]["nodes"]] == [3]
        assert [source["things"] for source in data["assetCoverage"]["sources"]] == [1, 1, 1]


async def test_pages_hold_every_thing_once_in_either_direction(tmp_path: Path) -> None:
    estate = EstateMaker(9, devices=60).make()
    query = """query ($first: Int, $after: String, $last: Int, $before: String) {
      unifiedAssets(first: $first, after: $after, last: $last, before: $before,
                    orderBy: [{field: MANUFACTURER}, {field: PURCHASE_DATE, direction: DESC}]) {
        totalCount edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }"""
    async with gateway(estate.records, tmp_path) as made:

        async def walk(size: str, position: str, cursor: str, more: str) -> list[list[str]]:
            pages: list[list[str]] = []
            at: str | None = None
            while True:
                page = (await made.ask(query, **{size: 7, position: at})).whole["unifiedAssets"]
                pages.append([edge["node"]["id"] for edge in page["edges"]])
                at = page["pageInfo"][cursor]
                if not page["pageInfo"][more]:
                    assert sum(map(len, pages)) == page["totalCount"]
                    return pages

        forwards = await walk("first", "after", "endCursor", "hasNextPage")
        backwards = await walk("last", "before", "startCursor", "hasPreviousPage")
        ids = [one for page in forwards for one in page]
        assert len(ids) == len(set(ids))
        assert ids == [one for page in reversed(backwards) for one in page]


async def test_a_thing_is_found_by_what_is_scanned_and_by_its_id(tmp_path: Path) -> None:
    async with gateway(laptops(), tmp_path) as made:
        query = """query ($number: String, $tag: String) {
          unifiedAsset(serialNumber: $number, assetTag: $tag) { id records { id } }
        }"""

        async def found(number: str | None = None, tag: str | None = None) -> Any:
            return (await made.ask(query, number=number, tag=tag)).whole["unifiedAsset"]

        lenovo = await found("1S20XWCTO1WWPF3K7QJD")
        assert lenovo["id"] == "unified:UnifiedAsset:PF3K7QJD"
        assert [record["id"] for record in lenovo["records"]] == ["halo:Asset:2", "tether:Asset:2"]
        assert await found("pf3k7qjd") == await found(tag="it-2") == await found("PF3K7QJD", "77") == lenovo
        assert await found("N/A") is await found("PF3K7QJD", "IT-3") is await found(tag="") is None
        refused = await made.ask("{ unifiedAsset { id } }")
        assert refused.codes == ["BAD_USER_INPUT"]
        nodes = '{ node(id: "%s") { id ... on UnifiedAsset { complete } } nodes(ids: ["%s", "tether:Asset:3"]) { id } }'
        data = (await made.ask(nodes % (lenovo["id"], lenovo["id"]))).whole
        assert data["node"] == {"id": lenovo["id"], "complete": True}
        assert [node["id"] for node in data["nodes"]] == [lenovo["id"], "tether:Asset:3"]
        assert (await made.ask('{ node(id: "unified:UnifiedAsset:NOSUCH1") { id } }')).whole == {"node": None}


async def test_a_number_that_two_things_carry_names_both(tmp_path: Path) -> None:
    records = [
        IdentityRecord("halo:Asset:1", "halo", "REUSED42X", manufacturer="Dell", model="Latitude"),
        IdentityRecord("tether:Asset:1", "tether", "REUSED42X", manufacturer="Canon", model="iR C3226"),
    ]
    async with gateway(records, tmp_path) as made:
        answer = await made.ask('{ unifiedAsset(serialNumber: "REUSED42X") { id } }')
        assert answer.codes == ["BAD_USER_INPUT"]
        ids = list(await made.groups())
        assert len(ids) == 2
        assert all(one in answer.errors[0]["message"] for one in ids)


async def test_what_a_thing_is_like(tmp_path: Path) -> None:
    async with gateway(laptops(), tmp_path) as made:
        made.vendors["tether"].rows[0] |= {
            "status": "retired",
            "purchase_cost": "900.00",
            "warranty_expiry": "2020-01-31",
        }
        made.vendors["halo"].rows[0] |= {
            "warranty_end": "2035-01-31T00:00:00",
            "site_id": 4,
            "site_name": "Head office",
        }
        query = """{ unifiedAsset(serialNumber: "4HJT9X3") {
          name status assetTag purchaseCost manufacturer warranty { status startDate endDate } location { name }
          matchedBy serialNumbers evidence { rule left { id } right { id } value }
          provenance { field source { name } } conflicts { field values { source { name } value } }
        } }"""
        thing = (await made.ask(query)).whole["unifiedAsset"]
        assert thing["matchedBy"] == ["serialNumber"]
        assert thing["serialNumbers"] == ["4HJT9X3"]
        assert {item["value"] for item in thing["evidence"]} == {"4HJT9X3"}
        assert thing["status"] == "IN_USE"  # Halo's comes first
        assert thing["purchaseCost"] == "900.00"
        assert thing["location"] == {"name": "Head office"}
        # Whole from one record, and the status is that of the end.
        ends = {"2035-01-31": "WITHIN_WARRANTY", "2020-01-31": "OUT_OF_WARRANTY"}
        assert thing["warranty"]["status"] == ends[thing["warranty"]["endDate"]]
        conflicts = {conflict["field"]: conflict["values"] for conflict in thing["conflicts"]}
        assert conflicts["status"] == [
            {"source": {"name": "halo"}, "value": "IN_USE"},
            {"source": {"name": "tether"}, "value": "RETIRED"},
        ]
        assert "manufacturer" not in conflicts  # DELL, Dell and Dell Inc. are one maker
        origins = {item["field"]: item["source"]["name"] for item in thing["provenance"]}
        assert origins["status"] == "halo"
        assert origins["assetTag"] == "tether"
        listed = (
            await made.ask(
                '{ assetConflicts(field: "status") { nodes { field asset { id } values { value } } } }'
            )
        ).whole
        assert [node["field"] for node in listed["assetConflicts"]["nodes"]] == ["status"]


@pytest.mark.parametrize("cached", [True, False])
async def test_conflicts_are_found_once_for_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, cached: bool
) -> None:
    compared: list[Sequence[str]] = []

    def counted(ctx: Any, reading: Any, things: Any, fields: Sequence[str]) -> Any:
        compared.append(fields)
        return values_of(ctx, reading, things, fields)

    monkeypatch.setattr(conflicting_things, "values_of", counted)
    async with gateway(laptops(), tmp_path, cached=cached) as made:

        async def fields(query: str) -> list[str]:
            listed = (await made.ask(f"{{ {query} {{ nodes {{ field asset {{ id }} }} }} }}")).whole
            return [node["field"] for node in listed["assetConflicts"]["nodes"]]

        assert await fields('assetConflicts(field: "assetTag")') == ["assetTag"]
        assert "assetTag" in await fields("assetConflicts(first: 10)")
        assert "assetTag" in await fields("assetConflicts(first: 11)")
        total = (
            await made.ask('{ unifiedAssets(presence: {conflicts: ["assetTag"]}) { totalCount } }')
        ).whole
        assert total["unifiedAssets"]["totalCount"] == 1
        # One field at first, then the others; nothing after that.
        assert len(compared) == (2 if cached else 4)
        assert not cached or "assetTag" not in compared[1]
        file = tmp_path / "identity.toml"
        file.write_text('[identity]\ndifferent = [["halo:Asset:2", "tether:Asset:2"]]', "utf-8")
        for _ in range(40):
            await asyncio.sleep(0.1)
            if not await fields('assetConflicts(field: "assetTag", first: 12)'):
                break
        assert await fields('assetConflicts(field: "assetTag", first: 13)') == []
        made.vendors["tether"].rows[0]["asset_tag"] = "IT-9"
        assert await fields('assetConflicts(field: "assetTag", first: 14)') == (
            [] if cached else ["assetTag"]
        )


async def test_what_was_made_of_all_rows_holds_while_they_come_again_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Sequence[str]] = []

    def counted(ctx: Any, reading: Any, things: Any, fields: Sequence[str]) -> Any:
        read.append(fields)
        return values_of(ctx, reading, things, fields)

    monkeypatch.setattr(conflicting_things, "values_of", counted)
    monkeypatch.setattr(unified_lists, "values_of", counted)
    async with gateway(laptops(), tmp_path, cached=True) as made:

        async def ask(first: int) -> Any:
            whole = (
                await made.ask(
                    f"""{{
                      assetConflicts(first: {first}) {{ totalCount }}
                      unifiedAssets(first: {first}, orderBy: [{{field: NAME, direction: DESC}}]) {{ nodes {{ name }} }}
                    }}"""
                )
            ).whole
            names = [node["name"] or "" for node in whole["unifiedAssets"]["nodes"]]
            assert names == sorted(names, reverse=True)
            return whole

        whole = await ask(10)
        assert len(read) == 2
        with monkeypatch.context() as expired:
            expired.setattr(cached_reads, "freshness", lambda *_: Freshness.EXPIRED)
            assert await ask(11) == whole
            assert len(read) == 2
            made.vendors["tether"].rows[0]["name"] = "Zebra"
            assert await ask(12) != whole
            assert len(read) == 4


async def test_the_operators_file_has_the_last_word_and_is_read_again(tmp_path: Path) -> None:
    async with gateway(laptops(), tmp_path, cached=True) as made:
        before = await made.groups()
        file = tmp_path / "identity.toml"

        async def with_file(text: str, *, change: bool = True) -> dict[str, frozenset[str]]:
            things = await made.groups()
            file.write_text(text, "utf-8")
            for _ in range(40):
                await asyncio.sleep(0.1)
                changed = await made.groups()
                if (changed != things) is change and change:
                    return changed
                if not change and _ > 12:
                    return changed
            return changed

        undone = await with_file('[identity]\ndifferent = [["halo:Asset:2", "tether:Asset:2"]]')
        assert frozenset({"halo:Asset:2"}) in undone.values()
        # A fault is only logged, and the file before it holds.
        assert (
            await with_file('[identity]\nsame = [["nobody:Asset:2", "tether:Asset:2"]]', change=False)
            == undone
        )
        joined = await with_file('[identity]\nsame = [["halo:Asset:2", "tether:Asset:3"]]')
        assert frozenset({"halo:Asset:2", "tether:Asset:3"}) in joined.values()
        assert await with_file("") == before


@pytest.mark.parametrize("broken", [("status", 500), ("status", 401), ("body", "<html>")])
async def test_what_is_not_known_never_looks_complete(tmp_path: Path, broken: tuple[str, Any]) -> None:
    async with gateway(laptops(), tmp_path, cached=False) as made:
        await made.groups()
        setattr(made.vendors["halo"], *broken)
        answer = await made.ask(
            """{
              all: unifiedAssets {
                complete totalIsExact nodes { complete records { id } } sources { complete }
              }
              gap: unifiedAssets(presence: {in: ["tether"], notIn: ["halo"]}) { complete totalCount nodes { id } }
              assetCoverage {
                complete sources { source { name } complete error { code } } pairs { a { name } b { name } }
              }
              duplicateAssets(source: "halo") { complete totalCount }
              asset(id: "tether:Asset:2") { sameAs { id } unified { complete } }
            }"""
        )
        data = answer.data
        assert data["all"]["complete"] is data["all"]["totalIsExact"] is False
        assert {node["complete"] for node in data["all"]["nodes"]} == {False}
        assert [source["complete"] for source in data["all"]["sources"]] == [True, False, True]
        assert data["gap"] == {"complete": False, "totalCount": 0, "nodes": []}
        assert data["duplicateAssets"] == {"complete": False, "totalCount": 0}
        assert data["assetCoverage"]["complete"] is False
        assert data["assetCoverage"]["pairs"] == [{"a": {"name": "fiwit"}, "b": {"name": "tether"}}]
        assert data["asset"] == {"sameAs": [], "unified": {"complete": False}}
        paths = [tuple(error["path"]) for error in answer.errors]
        assert len(paths) == len(set(paths)) == 6
        assert ("asset", "sameAs") in paths


async def test_what_a_source_spoke_against_counts_while_it_is_away(tmp_path: Path) -> None:
    """Halo shows the number on three devices of its own: it is nobody's, be Halo there or not."""
    records = [
        IdentityRecord("tether:Asset:1", "tether", "K7Q2M9XD4", model="P14s"),
        IdentityRecord("fiwit:Asset:1", "fiwit", "K7Q2M9XD4", model="P14s"),
        *(
            IdentityRecord(f"halo:Asset:{n}", "halo", "K7Q2M9XD4", name=f"sw-{n}", model="P14s")
            for n in (1, 2, 3)
        ),
    ]
    async with gateway(records, tmp_path, cached=False) as made:
        assert len(await made.groups()) == 5
        made.vendors["halo"].status = 401
        answer = await made.ask("{ unifiedAssets { nodes { records { id } } } }")
        assert [len(node["records"]) for node in answer.data["unifiedAssets"]["nodes"]] == [1, 1]
    async with gateway(records[:2], tmp_path) as made:
        assert len(await made.groups()) == 1  # without Halo's word they are one


async def test_stale_rows_count_as_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with gateway(laptops(), tmp_path) as made:
        whole = await made.groups()
        made.vendors["halo"].status = 500
        now = __import__("time").time
        monkeypatch.setattr("time.time", lambda: now() + 120)
        answer = await made.ask(
            "{ unifiedAssets { complete totalCount sources { source { name } stale complete } } }"
        )
        page = answer.whole["unifiedAssets"]
        assert page["complete"] is True
        assert page["totalCount"] == len(whole)
        assert {source["source"]["name"]: source["stale"] for source in page["sources"]}["halo"] is True


async def test_more_calls_than_allowed_are_refused_and_a_snapshot_is_named(tmp_path: Path) -> None:
    estate = EstateMaker(5, devices=150).make()
    async with gateway(estate.records, tmp_path, environ={"GATEWAY_LIMITS__UPSTREAM_CALLS": "5"}) as made:
        answer = await made.ask("{ unifiedAssets { totalCount } }")
        assert answer.codes == ["QUERY_TOO_COMPLEX"]
        assert "snapshot" in answer.errors[0]["message"]


@pytest.mark.parametrize(
    "query",
    [
        'unifiedAssets(presence: {in: ["nobody"]}) { totalCount }',
        'unifiedAssets(presence: {conflicts: ["colour"]}) { totalCount }',
        "unifiedAssets(first: 1, last: 1) { totalCount }",
        'unifiedAssets(after: "rubbish") { totalCount }',
        "unifiedAssets(orderBy: [{field: NAME}, {field: NAME}]) { totalCount }",
        'unifiedAssets(filter: {vendorParameters: {vendor: TETHER, parameters: {q: "x"}}}) { totalCount }',
        'duplicateAssets(source: "nobody") { totalCount }',
        'assetConflicts(field: "colour") { totalCount }',
        "explainIdentity(ids: []) { joined }",
        'explainIdentity(ids: ["halo:Asset:1"]) { joined }',
        'explainIdentity(ids: ["halo:Ticket:1", "halo:Asset:1"]) { joined }',
        'explainIdentity(ids: ["nobody:Asset:1", "halo:Asset:1"]) { joined }',
        "unifiedAsset { id }",
    ],
)
async def test_what_cannot_be_answered_is_refused_before_any_call(tmp_path: Path, query: str) -> None:
    async with gateway(laptops(), tmp_path) as made:
        answer = await made.ask(f"{{ {query} }}")
        assert answer.codes == ["BAD_USER_INPUT"]
        assert made.upstreams.lines() == []


async def test_an_explanation_says_what_was_compared(tmp_path: Path) -> None:
    async with gateway(laptops(), tmp_path) as made:
        query = """query ($ids: [ID!]!) { explainIdentity(ids: $ids) {
          joined against evidence { rule left { id } right { id } value }
          records { asset { id } values { field written compared identifies why } }
        } }"""
        one = (await made.ask(query, ids=["halo:Asset:2", "tether:Asset:2"])).whole["explainIdentity"]
        assert one["joined"] is True
        assert one["evidence"][0]["value"] == "PF3K7QJD"
        assert one["records"][1]["values"][0]["written"] == "1S20XWCTO1WWPF3K7QJD"
        other = (await made.ask(query, ids=["halo:Asset:1", "tether:Asset:3"])).whole["explainIdentity"]
        assert other["joined"] is False
        assert any("makers differ" in reason for reason in other["against"])
        gone = await made.ask(query, ids=["halo:Asset:1", "tether:Asset:99"])
        assert gone.codes == ["BAD_USER_INPUT"]
        assert "tether:Asset:99" in gone.errors[0]["message"]


async def test_rows_that_came_went_or_changed_are_matched_again(tmp_path: Path) -> None:
    records = laptops()
    async with gateway(records, tmp_path, cached=False) as made:
        before = await made.groups()
        rows = made.vendors["halo"].rows
        rows[:] = [row for row in rows if row["id"] != 2]
        without = await made.groups()
        assert frozenset({"tether:Asset:2"}) in without.values()
        made.vendors["fiwit"].rows.reverse()
        rows.append(
            dict(
                rows[0],
                id=2,
                key_field2="PF3K7QJD",
                manufacturer_name="Lenovo",
                inventory_number="IT-2",
                key_field="lt-2",
            )
        )
        assert await made.groups() == before


async def test_equal_questions_at_once_are_answered_alike(tmp_path: Path) -> None:
    estate = EstateMaker(11, devices=120).make()
    async with gateway(estate.records, tmp_path) as made:
        query = "{ unifiedAssets(first: 500) { nodes { id records { id } } } }"
        answers = await asyncio.gather(*(made.ask(query) for _ in range(6)))
        assert all(answer.whole == answers[0].whole for answer in answers)


async def test_bad_rows_are_answered(tmp_path: Path) -> None:
    numbers = ["X" * 10_000, "4HJ\r\nT9X3", "\u202e4HJT9X3", "4HJT9X3\x00", "", "   ", "N/A"]
    records = [IdentityRecord(f"tether:Asset:{n}", "tether", number) for n, number in enumerate(numbers, 1)]
    records += [
        IdentityRecord(f"fiwit:Asset:{n}", "fiwit", "SAMESAME1", asset_tag="T1") for n in range(1, 300)
    ]
    async with gateway(records, tmp_path) as made:
        things = await made.groups()
        assert sum(map(len, things.values())) == len(records)
        assert native(records[0]) == 1
