"""GraphiQL's example queries fit the schema and the limits."""

import pytest

from gateway import vendors
from gateway.edge.graphiql.examples import TABS
from gateway.edge.graphiql.page import Tab
from gateway.engine.documents.documents import DocumentCache
from gateway.settings import LimitSettings
from schema.build import build_schema


@pytest.fixture(scope="module")
def documents() -> DocumentCache:
    return DocumentCache(
        build_schema(vendors.load().values())._schema, limits=LimitSettings(), introspection=True
    )


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.title)
def test_an_example_may_be_run(documents: DocumentCache, tab: Tab) -> None:
    operation = documents.get(tab.query).operation(None)
    names = {variable.variable.name.value for variable in operation.variable_definitions or ()}
    assert names == set(tab.variables or {})


def test_the_first_screen_of_the_first_answer_has_rows() -> None:
    query = TABS[0].query
    assert query.index("nodes {") < query.index("sources {")
