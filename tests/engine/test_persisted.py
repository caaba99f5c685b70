"""Documents by a hash or an id: registered by callers, or trusted by the operator."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema

from gateway.engine.documents.documents import DocumentCache
from gateway.engine.documents.persisted import PersistedDocuments
from gateway.engine.documents.trusted import read_trusted
from gateway.engine.graphql_errors import RequestRefused
from gateway.engine.request import GraphQLRequest
from gateway.settings import LimitSettings, SettingsError
from tests.engine.test_documents import SDL

TEXT = "{ name }"
HASH = sha256(TEXT.encode()).hexdigest()


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(SDL)


@pytest.fixture
def documents(schema: GraphQLSchema) -> DocumentCache:
    return DocumentCache(schema, limits=LimitSettings(), introspection=True)


@pytest.fixture
def persisted(documents: DocumentCache) -> PersistedDocuments:
    return PersistedDocuments(documents, {}, only_trusted=False)


def hashed(value: Any = HASH, *, query: str | None = None, version: Any = 1) -> GraphQLRequest:
    return GraphQLRequest(query, extensions={"persistedQuery": {"version": version, "sha256Hash": value}})


def refusal(persisted: PersistedDocuments, request: GraphQLRequest) -> tuple[str, str]:
    """The code and the message of a refusal."""
    with pytest.raises(RequestRefused) as refused:
        persisted.get(request)
    (error,) = refused.value.errors
    return error["extensions"]["code"], error["message"]


def test_a_hash_is_known_once_it_came_with_its_text(persisted: PersistedDocuments) -> None:
    unknown = ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
    assert refusal(persisted, hashed()) == unknown
    persisted.get(GraphQLRequest(TEXT))
    assert refusal(persisted, hashed()) == unknown
    registered = persisted.get(hashed(query=TEXT))
    assert persisted.get(hashed()) is registered
    assert persisted.get(GraphQLRequest(document_id=f"sha256:{HASH}")) is registered
    assert refusal(persisted, hashed("f" * 64)) == unknown


def test_documents_by_id_are_registered_in_the_same_way(persisted: PersistedDocuments) -> None:
    registered = persisted.get(GraphQLRequest(TEXT, document_id=f"sha256:{HASH}"))
    assert persisted.get(hashed()) is registered


@pytest.mark.parametrize(
    "request_",
    [
        hashed("f" * 64, query=TEXT),
        hashed(HASH.upper(), query=TEXT),
        GraphQLRequest(TEXT, document_id="sha256:"),
        hashed(version=2),
        hashed(version=None, query=TEXT),
        hashed(7),
        GraphQLRequest(TEXT, extensions={"persistedQuery": "x"}),
        GraphQLRequest(),
    ],
)
def test_what_does_not_fit_is_refused(persisted: PersistedDocuments, request_: GraphQLRequest) -> None:
    assert refusal(persisted, request_)[0] == "BAD_REQUEST"
    assert refusal(persisted, hashed())[0] == "PERSISTED_QUERY_NOT_FOUND"


def test_what_cannot_be_run_is_not_registered(persisted: PersistedDocuments) -> None:
    wrong = "{ nothing }"
    document_id = sha256(wrong.encode()).hexdigest()
    assert refusal(persisted, hashed(document_id, query=wrong))[0] == "GRAPHQL_VALIDATION_FAILED"
    assert refusal(persisted, hashed(document_id))[0] == "PERSISTED_QUERY_NOT_FOUND"


def test_what_is_registered_is_bounded_by_number_and_by_length(persisted: PersistedDocuments) -> None:
    persisted.get(hashed(query=TEXT))
    for number in range(15):
        text = "{ name #" + str(number) + "x" * 190_000 + "\n}"
        persisted.get(hashed(sha256(text.encode()).hexdigest(), query=text))
    assert refusal(persisted, hashed())[0] == "PERSISTED_QUERY_NOT_FOUND"
    persisted.get(hashed(query=TEXT))
    for number in range(4100):
        text = f"query Q{number} {{ name }}"
        persisted._registered[sha256(text.encode()).hexdigest()] = text
    assert refusal(persisted, hashed())[0] == "PERSISTED_QUERY_NOT_FOUND"


# --- trusted documents

APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [{"id": HASH, "name": "N", "type": "query", "body": TEXT}],
}


def written(tmp_path: Path, content: Any) -> Path:
    file = tmp_path / "documents.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("content", "request_"),
    [
        (APOLLO, hashed()),
        ({"0ba1e5ef": TEXT}, GraphQLRequest(document_id="0ba1e5ef")),
        ({f"sha256:{HASH}": TEXT}, hashed()),
        ({HASH: TEXT}, GraphQLRequest(document_id=f"sha256:{HASH}")),
    ],
)
@pytest.mark.parametrize("only_trusted", [True, False])
def test_trusted_documents_are_known_from_the_start(
    tmp_path: Path, documents: DocumentCache, content: Any, request_: GraphQLRequest, *, only_trusted: bool
) -> None:
    trusted = read_trusted(written(tmp_path, content), documents)
    persisted = PersistedDocuments(documents, trusted, only_trusted=only_trusted)
    document = persisted.get(request_)
    assert document.text == TEXT
    assert document is persisted.get(GraphQLRequest(TEXT))


def test_only_trusted_documents_are_run(tmp_path: Path, documents: DocumentCache) -> None:
    persisted = PersistedDocuments(
        documents, read_trusted(written(tmp_path, APOLLO), documents), only_trusted=True
    )
    other = "{ name name }"
    for request in (
        GraphQLRequest(other),
        GraphQLRequest("{ __schema { types { name } } }"),
        GraphQLRequest(document_id="other"),
        hashed(sha256(other.encode()).hexdigest(), query=other),
        hashed(sha256(other.encode()).hexdigest()),
    ):
        assert refusal(persisted, request)[0] == "FORBIDDEN"


def test_plans_are_made_ahead(tmp_path: Path) -> None:
    from gateway import vendors
    from schema.build import build_schema as build

    schema = build(vendors.load().values())._schema
    documents = DocumentCache(schema, limits=LimitSettings(), introspection=True)
    text = """query A($x: Boolean!, $y: Boolean = true) { assets { nodes { id @include(if: $x) name @skip(if: $y) } } }
              query B { sources { name } } mutation C { deleteAsset(input: {id: "a:Asset:1"}) { deletedId } }"""
    (document,) = read_trusted(written(tmp_path, {"a": text}), documents).values()
    document.plan_ahead(schema)
    assert set(document.plans) == {
        ("A", (True, True), "", False),
        ("A", (True, False), "", False),
        ("A", (False, True), "", False),
        ("A", (False, False), "", False),
        ("B", (), "", False),
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not valid JSON"),
        ("[]", "holds no documents"),
        ({"a": 1}, "holds no documents"),
        ({**APOLLO, "version": 2}, "a version that is not known"),
        ({**APOLLO, "operations": ["x"]}, "holds no documents"),
        ({"a": "{"}, "a: line 1, column 2: Syntax Error"),
        ({"a": "\n{ nothing }"}, "a: line 2, column 3: Cannot query field 'nothing'"),
        ({"a": "{ thing " * 13 + "{ name }" + "}" * 13}, "a: The operation has more than 12 levels"),
        ({"a": TEXT, "sha256:a": "{ name name }"}, "two documents have this id"),
    ],
)
def test_a_faulty_file_says_what_is_wrong(
    tmp_path: Path, documents: DocumentCache, content: Any, message: str
) -> None:
    with pytest.raises(SettingsError, match="GATEWAY_DOCUMENTS__FILE") as wrong:
        read_trusted(written(tmp_path, content), documents)
    assert any(message in error for error in wrong.value.faults)


def test_every_fault_is_told_up_to_a_bound(tmp_path: Path, documents: DocumentCache) -> None:
    many = {str(number): "{ nothing }" for number in range(50)}
    with pytest.raises(SettingsError) as wrong:
        read_trusted(written(tmp_path, many), documents)
    assert len(wrong.value.faults) == 21
    assert wrong.value.faults[-1].endswith("and 30 more faults")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_trusted(tmp_path / "missing.json", documents)
