"""Log lines of operations: what they tell, and that they hold no value of the caller's."""

import hashlib
import io
import json
import logging
import logging.config
from typing import Any

import pytest

from gateway.edge.serving.logs import logging_config
from gateway.sandbox import Company
from gateway.settings import LogSettings, Settings, SourceKey, SourceKeys, load
from gateway.settings.in_force import settings_in_force
from tests.support.gateway import sandbox

QUERY = "query Names($tag: String) { assets(first: 3, filter: {assetTag: {ne: $tag}}) { nodes { name } } }"


def operations(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.__dict__ for record in caplog.records if record.name == "gateway.operations"]


async def test_an_operation_is_a_line(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    async with sandbox(company, only=("fiwit",), cached=True) as gateway:
        with caplog.at_level("WARNING"):
            await gateway.ask(QUERY, tag="private-tag")
        assert operations(caplog) == []
        with caplog.at_level("INFO"):
            for _ in range(3):
                answer = await gateway.ask(QUERY, tag="private-tag")
            await gateway.ask("{ nonsense }")
            await gateway.ask('{ asset(id: "nonsense") { name } }')
            body = {"query": QUERY, "variables": {"tag": "private-tag"}}
            explanation = await gateway.client.post("/graphql", json=body, headers={"x-gateway-explain": "1"})
    again, _, cached, refused, failed, explained = operations(caplog)
    assert (explained["operation"], explained["kind"], explained["errors"]) == ("Names", "explain", None)
    assert explained["bytes"] == len(explanation.text)
    assert (again["operation"], again["kind"], again["records"]) == ("Names", "query", 3)
    assert again["hash"] == hashlib.sha256(QUERY.encode()).hexdigest()
    assert (again["calls"], again["cached_response"]) == (0, 0)
    assert again["cached_reads"] > 0
    assert again["bytes"] == len(answer.text)
    assert (cached["cached_response"], cached["records"]) == (1, 0)
    assert refused["errors"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert failed["errors"] == ["BAD_USER_INPUT"]
    assert "private-tag" not in caplog.text + repr(operations(caplog))


async def test_a_missing_record_is_no_warning(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    async with sandbox(company, only=("fiwit",)) as gateway:
        with caplog.at_level("INFO"):
            answer = await gateway.ask('{ asset(id: "fiwit:Asset:99999999") { name } }')
    assert answer.whole == {"asset": None}
    calls = [record for record in caplog.records if record.name == "gateway.upstream"]
    assert [(call.levelname, call.__dict__["status"]) for call in calls if "{}" in call.__dict__["path"]] == [
        ("INFO", 404)
    ]


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_form_of_a_line(form: Any) -> None:
    written = io.StringIO()
    config = logging_config(LogSettings("info", form))
    config["handlers"]["stderr"]["stream"] = written
    config["loggers"] = {"tests.form": {"handlers": ["stderr"], "level": "INFO", "propagate": False}}
    del config["root"]
    logging.config.dictConfig(config)
    log = logging.getLogger("tests.form")
    log.info("call of %s", "acme", extra={"path": "/a b", "errors": ["A", "B"], "status": None})
    log.debug("not written")
    (line,) = written.getvalue().splitlines()
    if form == "text":
        assert line.endswith('INFO tests.form [-] call of acme path="/a b" errors=A,B')
    else:
        fields = json.loads(line)
        assert fields.pop("time").endswith("+00:00")
        assert fields.pop("process")
        assert fields == {
            "level": "info",
            "logger": "tests.form",
            "request_id": "-",
            "message": "call of acme",
            "path": "/a b",
            "errors": ["A", "B"],
        }


def test_settings_in_force_hold_no_secret() -> None:
    keys = (SourceKey("api_key", "secret"), SourceKey("company", "text"), SourceKey("note", "text"))
    vendors = {"fiwit": SourceKeys(keys, defaults={"base_url": "https://fiwit.example"})}
    environ = {
        "GATEWAY_SOURCES__FIWIT__API_KEY": "hunter2",
        "GATEWAY_SOURCES__FIWIT__COMPANY": "3",
        "GATEWAY_AUTH__API_KEYS": "hunter2,hunter3",
        "GATEWAY_CACHE__URL": "valkey://:hunter2@store.example",
    }
    values = settings_in_force(load(config=None, environ=environ, vendors=vendors), vendors)
    assert values["GATEWAY_SOURCES__FIWIT__API_KEY"] == "set"
    assert values["GATEWAY_SOURCES__FIWIT__COMPANY"] == "3"
    assert values["GATEWAY_AUTH__API_KEYS"] == values["GATEWAY_CACHE__URL"] == "set"
    assert values["GATEWAY_LIMITS__DEPTH"] == 12
    assert "GATEWAY_SOURCES__FIWIT__NOTE" not in values
    assert "hunter" not in repr(values)
    assert "GATEWAY_AUTH__API_KEYS" not in settings_in_force(Settings(), vendors)
