"""The settings, read as an operator gives them."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings import LimitSettings, Settings, SettingsError, SourceKey, SourceKeys, load

VENDORS = {
    "fiwit": SourceKeys(
        keys=(
            SourceKey("api_key", "secret", required=True, help="the key of your user settings"),
            SourceKey("field_names", "map", default={}),
            SourceKey("closed_ids", "words", default=("8", "9")),
            SourceKey("status_map", "map", default={}, choices=("IN_USE", "ON_HOLD")),
            SourceKey("country_ids", "ids", default={}),
            SourceKey("time_zone", "zone", default="UTC"),
        ),
        defaults={"base_url": "https://fiwit.example", "rate_per_minute": 60.0, "concurrency": 4},
    ),
    "tether": SourceKeys(
        keys=(
            SourceKey("token", "secret"),
            SourceKey("username", "text"),
            SourceKey("password", "secret"),
            SourceKey("strict", "flag", default=False),
            SourceKey("company", "text"),
        ),
        one_of=(("token",), ("username", "password")),
    ),
}
FIWIT = {"GATEWAY_SOURCES__FIWIT__API_KEY": "s3cret-value"}


def read(environ: Mapping[str, str], config: Path | None = None) -> Settings:
    return load(config=config, environ=environ, vendors=VENDORS)


def faults(environ: Mapping[str, str], config: Path | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read(environ, config)
    return caught.value.faults


def toml(folder: Path, text: str) -> Path:
    path = folder / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_names_of_a_subgraph_that_cannot_be() -> None:
    (fault,) = faults({**FIWIT, "GATEWAY_FEDERATION__PREFIX": "it-"})
    assert fault.startswith("GATEWAY_FEDERATION__PREFIX: is no prefix of a name")
    trusted = {"GATEWAY_DOCUMENTS__FILE": "trusted.json", "GATEWAY_DOCUMENTS__ONLY_TRUSTED": "true"}
    (fault,) = faults({**FIWIT, **trusted, "GATEWAY_FEDERATION__READ_ONLY": "true"})
    assert fault.startswith("GATEWAY_FEDERATION__READ_ONLY: routers write documents of their own")
    assert len(faults({**FIWIT, "GATEWAY_LIVE__SHARE": "2", "GATEWAY_TABLES__SHARE": "1.5"})) == 2


def test_nothing_set_gives_the_defaults_of_the_contract() -> None:
    settings = read({"PATH": "/bin", "GATEWAYS": "1"})
    assert settings == Settings()
    assert settings.limits == LimitSettings(
        500, 12, 30, 20, 50, 2000, 1_048_576, 100, 30.0, 20_000, 33_554_432, 500, 200, 500
    )
    assert (settings.ide, settings.introspection, settings.cache.enabled) == (True, True, True)


def test_a_source_of_a_vendors_name_needs_no_vendor_and_gets_its_defaults() -> None:
    (source,) = read(FIWIT).sources
    assert (source.name, source.vendor, source.base_url) == ("fiwit", "fiwit", "https://fiwit.example")
    assert (source.rate_per_minute, source.concurrency, source.timeout_seconds) == (60.0, 4, 15.0)
    assert source.values == {
        "api_key": "s3cret-value",
        "field_names": {},
        "closed_ids": ("8", "9"),
        "status_map": {},
        "country_ids": {},
        "time_zone": "UTC",
    }


def test_several_sources_of_one_vendor_in_any_case() -> None:
    settings = read(
        {
            **FIWIT,
            "GATEWAY_SOURCES__Paris_2__VENDOR": "Fiwit",
            "GATEWAY_SOURCES__PARIS_2__API_KEY": "b",
            "gateway_sources__paris_2__base_url": "http://127.0.0.1:9/x/",
            "GATEWAY_SOURCES__PARIS_2__FIELD_NAMES": "serial=Numéro de série, mac=MAC",
            "GATEWAY_SOURCES__PARIS_2__CLOSED_IDS": "1, 2,",
        }
    )
    assert [source.name for source in settings.sources] == ["fiwit", "paris_2"]
    paris = settings.sources[1]
    assert paris.base_url == "http://127.0.0.1:9/x"
    assert paris.values["field_names"] == {"serial": "Numéro de série", "mac": "MAC"}
    assert paris.values["closed_ids"] == ("1", "2")
    assert settings.warnings == ()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    config = toml(
        tmp_path,
        """
        ide = false
        [auth]
        api_keys = ["one", "two"]
        [limits]
        depth = 9
        deadline_seconds = 2.5
        [sources.fiwit]
        api_key = "from the file"
        closed_ids = [8, "x"]
        [sources.fiwit.field_names]
        serial = "Serial"
        [sources.Tether]
        base_url = "https://acme.example/api"
        token = "t"
        company = 1
        strict = true
        """,
    )
    settings = read({"GATEWAY_LIMITS__DEPTH": "7", "GATEWAY_SOURCES__FIWIT__API_KEY": ""}, config)
    fiwit, tether = settings.sources
    assert (settings.ide, settings.auth.api_keys) == (False, ("one", "two"))
    assert (settings.limits.depth, settings.limits.deadline_seconds) == (7, 2.5)
    assert fiwit.values["api_key"] == "from the file"
    assert fiwit.values["field_names"] == {"serial": "Serial"}
    assert fiwit.values["closed_ids"] == ("8", "x")
    assert (tether.values["company"], tether.values["strict"]) == ("1", True)


def test_all_faults_are_told_at_once_each_with_its_setting(tmp_path: Path) -> None:
    config = toml(
        tmp_path,
        """
        [limits]
        depth = 0
        [sources.fiwit]
        base_url = "ftp://x"
        api_kee = "hunter2"
        [cahce]
        enabled = 1
        """,
    )
    messages = faults(
        {
            "GATEWAY_IDE": "perhaps",
            "GATEWAY_LIMIT__DEPTH": "3",
            "GATEWAY_SOURCES__TETHER__USERNAME": "me",
            "GATEWAY_SOURCES__TETHER__TIMEOUT_SECONDS": "nan",
            "GATEWAY_SOURCES__ACME__API_KEY": "hunter2",
            "GATEWAY_CACHE__URL": "hunter2",
            "GATEWAY_UPSTREAM__TRANSPORT": "hunter2",
        },
        config,
    )
    text = "\n".join(messages)
    for expected in (
        "GATEWAY_IDE: is neither true nor false",
        "GATEWAY_LIMIT__DEPTH: is no setting: did you mean GATEWAY_LIMITS__DEPTH?",
        "GATEWAY_LIMITS__DEPTH (limits.depth in gateway.toml): is too small",
        "GATEWAY_CAHCE__ENABLED (cahce.enabled in gateway.toml): is no setting: did you mean GATEWAY_CACHE__",
        "GATEWAY_SOURCES__FIWIT__BASE_URL (sources.fiwit.base_url in gateway.toml): is not an absolute",
        "did you mean GATEWAY_SOURCES__FIWIT__API_KEY?",
        "GATEWAY_SOURCES__FIWIT__API_KEY: is not set: set it (the key of your user settings)",
        "GATEWAY_SOURCES__TETHER__BASE_URL: is not set",
        "GATEWAY_SOURCES__TETHER__PASSWORD: is not set: set GATEWAY_SOURCES__TETHER__TOKEN, or",
        "GATEWAY_SOURCES__TETHER__TIMEOUT_SECONDS: is not a finite number",
        "GATEWAY_SOURCES__ACME__VENDOR: is not set, and acme is no vendor's name: set it to one of fiwit,",
        "GATEWAY_CACHE__URL: is not the URL of a store",
        "GATEWAY_UPSTREAM__TRANSPORT: is none of direct, httpx",
    ):
        assert expected in text
    assert len(messages) == 13
    assert "hunter2" not in text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "fiwit.example",
        "https://",
        "https://user:hunter2@fiwit.example",
        "https://fiwit.example/?a=hunter2",
        "https://fiwit.example/#hunter2",
        "https://fiwit.example:hunter2",
        "https://fiw it.example",
        "https://[::1",
        "file:///etc/passwd",
    ],
)
def test_a_base_url_that_cannot_be_used(url: str) -> None:
    environ = {"GATEWAY_SOURCES__TETHER__TOKEN": "t", "GATEWAY_SOURCES__TETHER__BASE_URL": url}
    (fault,) = faults(environ)
    assert fault.startswith("GATEWAY_SOURCES__TETHER__BASE_URL: ")
    assert "hunter2" not in fault


@pytest.mark.parametrize("name", ["1ST", "A__B", "A B", "A" * 64, "_X", "É"])
def test_a_name_that_no_source_may_have(name: str) -> None:
    environ = {f"GATEWAY_SOURCES__{name}__API_KEY": "x", f"GATEWAY_SOURCES__{name}__VENDOR": "fiwit"}
    assert all(name.upper() in fault for fault in faults(environ))


def test_an_empty_section_of_a_source_is_a_source(tmp_path: Path) -> None:
    (fault,) = faults({}, toml(tmp_path, "[sources.fiwit]\n[limits]\n"))
    assert "GATEWAY_SOURCES__FIWIT__API_KEY: is not set" in fault


def test_a_name_in_small_and_in_capital_letters_is_set_twice(tmp_path: Path) -> None:
    assert "set twice" in faults({**FIWIT, "gateway_sources__fiwit__api_key": "x"})[0]
    config = toml(tmp_path, '[sources.fiwit]\napi_key = "a"\n[sources.FIWIT]\napi_key = "b"\n')
    assert "set twice" in faults({}, config)[0]


@pytest.mark.parametrize("content", [b"a = ", b"\xff\xfe", None])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    config = tmp_path / "gateway.toml"
    if content is not None:
        config.write_bytes(content)
    (fault,) = faults(FIWIT, config)
    assert str(config) in fault


SERVICES = [
    "gateway",
    "gateway-api",
    "gateway-2-blue",
    "gateway--odd",
    "gateway-service",
    "gateway-port",
    "gateway-cache",
]


@pytest.mark.parametrize("service", SERVICES)
def test_what_an_orchestrator_sets_for_a_service_is_no_setting(service: str) -> None:
    name = service.upper().replace("-", "_")
    environ = {
        f"{name}_SERVICE_HOST": "10.0.0.1",
        f"{name}_SERVICE_PORT": "80",
        f"{name}_SERVICE_PORT_HTTP_ALT": "80",
        f"{name}_PORT": "tcp://10.0.0.1:80",
        f"{name}_PORT_80_TCP": "tcp://10.0.0.1:80",
        f"{name}_PORT_80_TCP_PROTO": "tcp",
        f"{name}_PORT_80_TCP_PORT": "80",
        f"{name}_PORT_80_TCP_ADDR": "fd00::1",
        f"{name}_PORT_53_UDP_ADDR": "10.0.0.1",
    }
    assert read(environ) == Settings()


@pytest.mark.parametrize(
    "name",
    [
        "GATEWAY_PORT",
        "GATEWAY_HTTP_PORT",
        "GATEWAY_LIMITS__SERVICE_HOST",
        "GATEWAY_CACHE__URL_SERVICE_HOST",
        "GATEWAY_SOURCES__FIWIT__SERVICE_HOST",
        "GATEWAY_SERVICE_HOSTS",
        "GATEWAY_PORT_X_TCP",
    ],
)
def test_a_misspelt_setting_is_no_service(name: str) -> None:
    (fault,) = faults({**FIWIT, name: "8000"})
    assert fault.startswith(name)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_bytes(b"\xef\xbb\xbfide = false\r\n")
    assert not read({}, config).ide


@pytest.mark.parametrize("value", ["1_000", "٣", "\uff11\uff12", "0x10", "1e", "+5", "05", "5.", "NaN"])
def test_numbers_are_written_as_in_json(value: str) -> None:
    environ = {"GATEWAY_LIMITS__DEPTH": value, "GATEWAY_LIMITS__DEADLINE_SECONDS": value}
    assert len(faults(environ)) == 2


def test_origins_are_read_as_browsers_write_them() -> None:
    written = "HTTPS://IT.Example:443/, http://localhost:*,http://[::1]:3000"
    origins = read({"GATEWAY_CORS__ORIGINS": written}).cors.origins
    assert origins == ("https://it.example", "http://localhost:*", "http://[::1]:3000")
    assert read({"GATEWAY_CORS__ORIGINS": "*"}).cors.origins == ("*",)


@pytest.mark.parametrize(
    "origin",
    [
        "it.example", "https://", "https://it.example/app", "https://it.example?", "https://*.it.example", "null",
        "ftp://it.example", "https://a@it.example", "https://it.example:99999", "https://it.example:*", "*,https://a.b",
        "https://it.ex\u00e4mple",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_a_fault(origin: str) -> None:
    (fault,) = faults({"GATEWAY_CORS__ORIGINS": origin})
    assert fault.startswith("GATEWAY_CORS__ORIGINS: ")


def test_plain_http_to_another_machine_is_a_warning() -> None:
    (warning,) = read({**FIWIT, "GATEWAY_SOURCES__FIWIT__BASE_URL": "http://fiwit.example"}).warnings
    assert warning.startswith("GATEWAY_SOURCES__FIWIT__BASE_URL: is plain http")


def test_no_secret_is_shown_and_workers_can_be_given_the_settings() -> None:
    environ = {
        **FIWIT,
        "GATEWAY_AUTH__API_KEYS": "hunter2",
        "GATEWAY_CACHE__URL": "valkey://:hunter2@cache/0",
    }
    settings = read(environ)
    assert "s3cret-value" not in repr(settings)
    assert "hunter2" not in repr(settings)
    assert pickle.loads(pickle.dumps(settings)) == settings


@given(
    st.dictionaries(st.text("abc _-é", min_size=1).map(str.strip).filter(bool), st.text("xyz 0", max_size=5))
)
def test_a_map_reads_back_what_was_written(table: dict[str, str]) -> None:
    clean = {name: value.strip() for name, value in table.items()}
    written = ",".join(f"{name} = {value}" for name, value in clean.items())
    environ = {**FIWIT, "GATEWAY_SOURCES__FIWIT__FIELD_NAMES": written}
    assert read(environ).sources[0].values["field_names"] == clean


@given(st.dictionaries(st.text("ABC_ é1", min_size=1, max_size=9), st.text(max_size=9), max_size=4))
def test_any_environment_gives_settings_or_faults_and_nothing_else(entries: dict[str, str]) -> None:
    environ = {f"GATEWAY_SOURCES__{name}": value for name, value in entries.items()}
    messages: tuple[str, ...] = ()
    try:
        read(environ)
    except SettingsError as exc:
        messages = exc.faults
    assert all(fault.startswith("GATEWAY_SOURCES") for fault in messages)


@pytest.mark.parametrize("value", ["{", "[1]", "a", "=x", '{"a": [1]}'])
def test_a_map_that_is_none(value: str) -> None:
    (fault,) = faults({**FIWIT, "GATEWAY_SOURCES__FIWIT__FIELD_NAMES": value})
    assert fault.startswith("GATEWAY_SOURCES__FIWIT__FIELD_NAMES: is not ")


@pytest.mark.parametrize("word", ["IN_USE", "in_use", "In use", " in-USE "])
def test_a_choice_may_be_written_in_other_letters(tmp_path: Path, word: str) -> None:
    environ = {**FIWIT, "GATEWAY_SOURCES__FIWIT__STATUS_MAP": f"Active={word},Waiting=On Hold"}
    expected = {"Active": "IN_USE", "Waiting": "ON_HOLD"}
    assert read(environ).sources[0].values["status_map"] == expected
    text = (
        f'upstream.transport = "HTTPX"\n[sources.fiwit.status_map]\nActive = "{word}"\nWaiting = "ON_HOLD"\n'
    )
    settings = read(FIWIT, toml(tmp_path, text))
    assert settings.sources[0].values["status_map"] == expected
    assert settings.upstream.transport == "httpx"


def test_what_a_map_may_not_lead_to_is_told_with_what_it_may() -> None:
    messages = faults(
        {
            **FIWIT,
            "GATEWAY_SOURCES__FIWIT__STATUS_MAP": "Active=in_use,Broken=hunter2,Held=inuse,Gone=",
            "GATEWAY_SOURCES__FIWIT__COUNTRY_IDS": "Belgium=2,France=hunter2,Spain=-1,Italy=1.5,Peru=\u0663",
            "GATEWAY_SOURCES__FIWIT__TIME_ZONE": "Mars/hunter2",
        }
    )
    assert sorted(messages) == [
        "GATEWAY_SOURCES__FIWIT__COUNTRY_IDS: may lead only to whole numbers: mend pair 2, 3, 4, 5",
        "GATEWAY_SOURCES__FIWIT__STATUS_MAP: may lead only to IN_USE, ON_HOLD: mend pair 2, 3, 4",
        "GATEWAY_SOURCES__FIWIT__TIME_ZONE: is no time zone: write one such as Europe/Brussels",
    ]


def test_ids_are_whole_numbers_by_name() -> None:
    environ = {**FIWIT, "GATEWAY_SOURCES__FIWIT__COUNTRY_IDS": '{"Belgium": 2, "Korea, South": "04"}'}
    assert read(environ).sources[0].values["country_ids"] == {"Belgium": 2, "Korea, South": 4}


@pytest.mark.parametrize(
    "zone", ["Mars/X", "../../etc/passwd", "/etc/passwd", "Europe", "tzdata.zi", "a" * 999]
)
def test_a_time_zone_that_there_is_not(zone: str) -> None:
    (fault,) = faults({**FIWIT, "GATEWAY_SOURCES__FIWIT__TIME_ZONE": zone})
    assert fault.startswith("GATEWAY_SOURCES__FIWIT__TIME_ZONE: is no time zone")


SECRET_NAMES = (
    ("GATEWAY_SOURCES__FIWIT__API_KEY", lambda read: read.sources[0].values["api_key"]),
    ("GATEWAY_CACHE__URL", lambda read: read.cache.url),
    ("GATEWAY_AUTH__API_KEYS", lambda read: ",".join(read.auth.api_keys)),
)


@pytest.mark.parametrize(
    "content", [b"valkey://s3cret", b"valkey://s3cret\r\n", b"\xef\xbb\xbfvalkey://s3cret\n\n"]
)
@pytest.mark.parametrize(("name", "value"), SECRET_NAMES)
def test_a_secret_may_be_in_a_file(name: str, value: Any, content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    settings = read({f"{name}_FILE": str(file)})
    assert value(settings) == "valkey://s3cret"
    assert settings.files == (file,)


def test_the_environment_wins_over_a_secret_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    config = toml(tmp_path, f'[sources.fiwit]\napi_key_file = "{tmp_path / "secret"}"\n')
    assert read({}, config).sources[0].values["api_key"] == "from the file"
    assert read(FIWIT, config).sources[0].values["api_key"] == "s3cret-value"
    assert read({}, config).files == (config, tmp_path / "secret")


def test_keys_in_a_file_are_a_line_each_or_separated_by_commas(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("one\ntwo, three\n\n")
    settings = read({"GATEWAY_AUTH__API_KEYS_FILE": str(tmp_path / "keys")})
    assert settings.auth.api_keys == ("one", "two", "three")


def test_faults_of_secret_files(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "lines").write_text("s3cret\nlines")
    (tmp_path / "large").write_bytes(b"s3cret" * 20_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfes3cret")
    (tmp_path / "good").write_text("s3cret")

    def fault(file: str, **more: str) -> str:
        environ = {"GATEWAY_SOURCES__FIWIT__API_KEY_FILE": str(tmp_path / file), **more}
        return next(one for one in faults(environ) if "API_KEY_FILE" in one).partition(": ")[2]

    assert fault("gone").startswith("cannot be read (No such file or directory)")
    assert fault("").startswith("cannot be read (Is a directory)")
    assert fault("empty") == "is an empty file"
    assert fault("lines").startswith("has a line break")
    assert fault("large").startswith("is a file of more than 65536 bytes")
    assert fault("binary") == "is a file that is not UTF-8 text"
    assert "s3cret" not in fault("lines")
    doubled = fault("good", **FIWIT)
    assert doubled == "GATEWAY_SOURCES__FIWIT__API_KEY is set too: remove one of the two"
    assert "GATEWAY_IDE_FILE: is no setting" in faults({"GATEWAY_IDE_FILE": "x"})[0]
