"""
The conformance kit: what holds for every vendor. Inherit `Conformance`, and pytest runs its tests.

    class TestConformance(Conformance):
        cases = (CASE,)
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gateway.connector.description.fields import text
from gateway.connector.description.resource import Resource
from gateway.connector.fetching.check import check
from gateway.connector.records.reference_tables import TableRow
from gateway.testing.bad_values import BAD_IDS, BAD_PATH_PARTS, ODD_VALUES, ROW_VALUES
from gateway.testing.case import VendorCase
from gateway.testing.selections import leaves
from gateway.testing.upstreams import answered

FAULTS: Mapping[str, tuple[httpx.Response, str]] = {
    "401": (answered({"detail": "secret-canary"}, status=401), "UPSTREAM_AUTH"),
    "403": (answered("", status=403), "UPSTREAM_AUTH"),
    "404": (answered({"detail": "secret-canary"}, status=404), "UPSTREAM_GARBLED"),
    "405": (answered("secret-canary", status=405), "UPSTREAM_REJECTED"),
    "422": (answered({"detail": [{"msg": "secret-canary"}]}, status=422), "UPSTREAM_REJECTED"),
    "429": (
        answered({"detail": "secret-canary"}, status=429, headers={"Retry-After": "40"}),
        "UPSTREAM_RATE_LIMITED",
    ),
    "500": (answered("<h1>secret-canary</h1>", status=500), "UPSTREAM_UNAVAILABLE"),
    "503": (answered("", status=503), "UPSTREAM_UNAVAILABLE"),
    "html": (
        answered("<html>secret-canary</html>", headers={"Content-Type": "text/html"}),
        "UPSTREAM_GARBLED",
    ),
    "cut": (answered('{"data": [{"id": 1'), "UPSTREAM_GARBLED"),
    "empty": (answered(""), "UPSTREAM_GARBLED"),
    "envelope": (answered({"error": "secret-canary"}), "UPSTREAM_GARBLED"),
    "words": (answered(["secret-canary"]), "UPSTREAM_GARBLED"),
    "away": (answered("", status=302, headers={"Location": "http://evil.test/"}), "UPSTREAM_GARBLED"),
    "binary": (answered(b"\xff\xfe\x00\x01"), "UPSTREAM_GARBLED"),
}
#: So short that there is one attempt only.
_ONE_ATTEMPT = {"TIMEOUT_SECONDS": "0.3"}


class Conformance:
    """Tests of every vendor in `cases`."""

    cases: ClassVar[Sequence[VendorCase]] = ()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Parametrizes the tests by case, resource, list and fault."""
        names = metafunc.fixturenames
        if "resource" in names:
            resources = [
                pytest.param(resource, id=f"{case.name}-{resource.type}")
                for case in self.cases
                for resource in case.source().resources.values()
            ]
            metafunc.parametrize("resource", resources)
        if "root" in names:
            roots = [
                pytest.param(case, root, id=f"{case.name}-{root}")
                for case in self.cases
                for root in case.lists
            ]
            metafunc.parametrize(("case", "root"), roots)
        elif "case" in names:
            metafunc.parametrize("case", self.cases, ids=[case.name for case in self.cases])
        if "fault" in names:
            metafunc.parametrize("fault", FAULTS)

    # the description

    def test_the_description_is_sound(self, case: VendorCase) -> None:
        """Names only what there is, with pages that can be."""
        assert list(check(case.source())) == []

    def test_orders_are_distinct_and_the_list_can_be_ordered(self, resource: Resource) -> None:
        """A vendor's name to order by stands for one field."""
        orders = [field.order for field in resource.fields.values() if field.order]
        assert len(orders) == len(set(orders))
        if orders:
            assert resource.list is not None
            assert resource.list.order is not None

    def test_a_column_is_read_as_each_of_its_rows(self, resource: Resource) -> None:
        """Reading many rows at once changes nothing, whatever stands in them."""
        names = Resource(type="FieldDefinition", fields={"name": text("name"), "type": text("type")})
        entry = TableRow(names, {"name": "Serial Number", "keyfield_name": "Serial Number"})
        tables = defaultdict[str, Mapping[str, Any]](lambda: {"7": entry})
        keys = {key for field in resource.fields.values() for key in field.reads or ()}
        row = st.fixed_dictionaries(
            {}, optional=dict.fromkeys(sorted({*keys, "id"}), st.sampled_from(ROW_VALUES))
        )

        @given(rows=st.lists(row, max_size=5))
        @hypothesis_settings(max_examples=20, deadline=None)
        def compare(rows: list[Any]) -> None:
            for name, field in resource.fields.items():
                each = [field.value(row, tables) for row in rows]
                assert list(map(repr, field.values(rows, tables))) == list(map(repr, each)), name

        compare()

    def test_no_hostile_id_has_the_form_of_an_id(self, resource: Resource) -> None:
        """Nothing that could change an address is an id."""
        assert [native for native in BAD_IDS if resource.id_form.fullmatch(native)] == []

    # faults

    async def test_a_fault_of_a_list_is_an_error_and_never_no_rows(
        self, case: VendorCase, fault: str
    ) -> None:
        """By its kind, with nothing of the vendor's answer."""
        answer, code = FAULTS[fault]
        async with case.gateway(replaced=case.at_fault(answer), source=_ONE_ATTEMPT) as gateway:
            result = await gateway.ask(
                "{ assets { complete totalIsExact nodes { id } sources { complete error { code } } } }"
            )
        assert result.codes == [code]
        [error] = result.errors
        assert error["path"] == ["assets"]
        assert (error["extensions"]["source"], error["extensions"]["vendor"]) == (
            case.name,
            case.name.upper(),
        )
        assert result.data["assets"] == {
            "complete": False,
            "totalIsExact": False,
            "nodes": [],
            "sources": [{"complete": False, "error": {"code": code}}],
        }
        assert "canary" not in result.text
        assert ".test" not in result.text

    async def test_a_rate_limit_says_for_how_long(self, case: VendorCase) -> None:
        """As the vendor does, by `Retry-After`."""
        replaced = case.at_fault(FAULTS["429"][0])
        async with case.gateway(replaced=replaced, source=_ONE_ATTEMPT) as gateway:
            result = await gateway.ask("{ assets { sources { error { retryAfterSeconds } } } }")
        assert result.errors[0]["extensions"]["retryAfterSeconds"] == pytest.approx(40, abs=1)
        assert result.data["assets"]["sources"][0]["error"]["retryAfterSeconds"] == pytest.approx(40, abs=1)

    @pytest.mark.parametrize("status", [None, 404, 410])
    async def test_a_missing_record_is_null_without_an_error(
        self, case: VendorCase, status: int | None
    ) -> None:
        """By status, and as the vendor itself says it."""
        missing = case.missing() if status is None else answered({"detail": "no such thing"}, status=status)
        async with case.gateway(replaced=case.at_fault(missing)) as gateway:
            result = await gateway.ask(f'{{ asset(id: "{case.name}:Asset:{case.asset_id}") {{ id }} }}')
        assert result.whole == {"asset": None}

    async def test_a_record_that_could_not_be_read_is_null_with_an_error(
        self, case: VendorCase, fault: str
    ) -> None:
        """Only the answers of which none says that the record does not exist."""
        if fault not in {"401", "500", "422", "html"}:
            return
        answer, code = FAULTS[fault]
        async with case.gateway(replaced=case.at_fault(answer), source=_ONE_ATTEMPT) as gateway:
            result = await gateway.ask(f'{{ asset(id: "{case.name}:Asset:{case.asset_id}") {{ id }} }}')
        assert (result.data, result.codes, result.errors[0]["path"]) == ({"asset": None}, [code], ["asset"])

    # bad rows

    async def test_an_odd_value_costs_its_field_and_not_the_row(self, case: VendorCase, root: str) -> None:
        """Each odd value under each key but the id, in a row of its own, beside a bare row and a good one."""
        list_case = case.lists[root]
        # Any value under `deleted_at` may mean that the row is deleted, which hides it.
        keys = [key for key in list_case.row if key not in {"id", "deleted_at"}]
        odd = [{**list_case.row, key: value} for key in keys for value in ODD_VALUES.values()]
        rows = [{**row, "id": native} for native, row in enumerate([{}, list_case.row, *odd], 1)]
        selection = leaves(list_case.type, but=list_case.excluded).removesuffix("}")
        environ = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "2000", "GATEWAY_LIMITS__MAX_PAGE_SIZE": "2000"}
        replaced = {list_case.path: answered(list_case.envelope(rows)), **list_case.details(rows)}
        async with case.gateway(replaced=replaced, environ=environ) as gateway:
            query = f"{{ {root}(first: 2000) {{ complete nodes {selection} {list_case.relations} }} }} }}"
            result = await gateway.ask(query)
        nodes = result.whole[root]["nodes"]
        assert result.whole[root]["complete"] is True
        assert sorted(int(node["nativeId"]) for node in nodes) == [row["id"] for row in rows]
        good = next(node for node in nodes if node["nativeId"] == "2")
        assert good["source"] == {"name": case.name}
        # A value costs its own field, and those that are computed from it: never most of the row.
        for node in nodes:
            if node["nativeId"] != "1":
                assert sum(node[name] != good[name] for name in good) <= 6, node

    @pytest.mark.parametrize("bad", [None, "", True, {"x": 1}, []])
    async def test_a_row_without_an_id_is_left_out_and_the_list_is_incomplete(
        self, case: VendorCase, bad: Any
    ) -> None:
        """The other rows are there."""
        list_case = case.lists["assets"]
        rows = [{**list_case.row, "id": 5}, {**list_case.row, "id": bad}]
        async with case.gateway(replaced={list_case.path: answered(list_case.envelope(rows))}) as gateway:
            result = await gateway.ask(
                "{ assets { complete nodes { nativeId } sources { error { code } } } }"
            )
        assert result.codes == ["UPSTREAM_GARBLED"]
        assert result.data["assets"] == {
            "complete": False,
            "nodes": [{"nativeId": "5"}],
            "sources": [{"error": {"code": "UPSTREAM_GARBLED"}}],
        }

    async def test_ids_as_text_are_the_same_ids(self, case: VendorCase) -> None:
        """`"5"` is 5."""
        list_case = case.lists["assets"]
        replaced = {list_case.path: answered(list_case.envelope([{**list_case.row, "id": "5"}]))}
        async with case.gateway(replaced=replaced) as gateway:
            data = (await gateway.ask("{ assets { complete nodes { id } } }")).whole
        assert data["assets"] == {"complete": True, "nodes": [{"id": f"{case.name}:Asset:5"}]}

    async def test_no_id_is_put_into_an_address_unchecked(self, case: VendorCase) -> None:
        """A hostile id is the caller's error, and nobody is called."""
        query = "query ($id: ID!) { asset(id: $id) { id } node(id: $id) { id } nodes(ids: [$id]) { id } }"
        async with case.gateway() as gateway:
            for native in BAD_PATH_PARTS:
                result = await gateway.ask(query, id=f"{case.name}:Asset:{native}")
                assert set(result.codes) == {"BAD_USER_INPUT"}, native
                assert gateway.upstreams.calls == []

    # pages and ids

    async def test_the_same_rows_on_every_page_come_to_an_end(self, case: VendorCase) -> None:
        """Each row is there once; if more rows may have been lost, the list says that it is incomplete."""
        list_case = case.lists["assets"]
        rows = [{**list_case.row, "id": native} for native in range(1, 51)]
        async with case.gateway(replaced={list_case.path: answered(list_case.envelope(rows))}) as gateway:
            result = await gateway.ask("{ assets(first: 500) { complete nodes { nativeId } } }")
            assert len(gateway.calls) <= 2
        assert [node["nativeId"] for node in result.data["assets"]["nodes"]] == [
            str(row["id"]) for row in rows
        ]
        assert result.codes in ([], ["UPSTREAM_GARBLED"])
        assert result.data["assets"]["complete"] is (not result.codes)

    async def test_records_by_id_come_in_the_order_of_the_ids(self, case: VendorCase) -> None:
        """A missing record is null, and a repeated id a repeated record."""
        list_case = case.lists["assets"]
        rows = [{**list_case.row, "id": native} for native in range(1, 10)]
        requested = [7, 99, 3, 7, 1]
        replaced = {list_case.path: answered(list_case.envelope(rows)), **case.get_paths(rows)}
        async with case.gateway(replaced=replaced) as gateway:
            ids = [f"{case.name}:Asset:{native}" for native in requested]
            data = (await gateway.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)).whole
        assert data["nodes"] == [None if id_.endswith(":99") else {"id": id_} for id_ in ids]
