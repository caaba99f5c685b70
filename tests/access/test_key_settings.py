"""Named keys and roles, as an operator writes them in the configuration."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.settings import RoleLimits, RoleSettings, Settings, SettingsError, SourceKey, SourceKeys, load

VENDORS = {
    vendor: SourceKeys(
        keys=(SourceKey("api_key", "secret"),), defaults={"base_url": f"https://{vendor}.example"}
    )
    for vendor in ("fiwit", "halo")
}
SOURCES = '[sources.fiwit]\napi_key = "s"\n[sources.halo]\napi_key = "s"\n'


def read(folder: Path, text: str, **environ: str) -> Settings:
    path = folder / "gateway.toml"
    path.write_text(SOURCES + text, encoding="utf-8")
    return load(config=path, environ=environ, vendors=VENDORS)


def faults(folder: Path, text: str, **environ: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read(folder, text, **environ)
    assert "s3cret" not in str(caught.value)
    return caught.value.faults


def test_keys_and_roles_are_read(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret-of-a-file\r\n", encoding="utf-8")
    settings = read(
        tmp_path,
        f"""
        [auth]
        api_keys = ["old"]
        [auth.oidc]
        issuer = "https://login.example"
        audience = "asset-gateway"
        [[auth.keys]]
        name = "powerbi"
        sha256 = "{hashlib.sha256(b"s3cret").hexdigest().upper()}"
        roles = ["report"]
        expires = 2027-01-01T00:00:00Z
        [[auth.keys]]
        name = "desk"
        key = "s3cret-2"
        roles = ["desk", "report"]
        [[auth.keys]]
        name = "desk"
        key_file = "{tmp_path / "key"}"
        roles = ["report", "desk"]
        [roles.report]
        sources = ["*"]
        read = ["*"]
        hide = ["Asset.purchaseCost"]
        explore = true
        [roles.desk]
        sources = ["Halo", "fiwit"]
        read = ["Asset", "Ticket"]
        write = ["ticket.*", "asset.checkout", "*"]
        rows.halo = {{ organisation = ["Brambling Analytics", "Other"], status = "IN_USE" }}
        [roles.desk.limits]
        requests_per_second = 0.5
        concurrent_operations = 4
        """,
    )
    powerbi, desk, rotated = settings.auth.keys
    assert (powerbi.name, powerbi.digest) == ("powerbi", hashlib.sha256(b"s3cret").digest())
    assert (powerbi.roles, powerbi.expires) == (("report",), datetime(2027, 1, 1, tzinfo=UTC))
    assert (desk.name, desk.roles) == (rotated.name, rotated.roles) == ("desk", ("desk", "report"))
    assert rotated.digest == hashlib.sha256(b"s3cret-of-a-file").digest()
    assert settings.auth.oidc is not None
    assert (settings.auth.oidc.audience, settings.auth.oidc.roles_claim) == ("asset-gateway", "roles")
    assert settings.roles == (
        RoleSettings(
            "desk",
            sources=("halo", "fiwit"),
            read=("Asset", "Ticket"),
            write=("ticket.*", "asset.checkout", "*"),
            rows={"halo": {"organisation": ("Brambling Analytics", "Other"), "status": ("IN_USE",)}},
            limits=RoleLimits(requests_per_second=0.5, concurrent_operations=4),
        ),
        RoleSettings("report", sources=("*",), read=("*",), hide=("Asset.purchaseCost",), explore=True),
    )
    assert "s3cret" not in repr(settings)
    assert settings.warnings == ()


def test_all_faults_of_keys_and_roles_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "lines").write_text("s3cret\ns3cret", encoding="utf-8")
    digest = hashlib.sha256(b"s3cret").hexdigest()
    told = faults(
        tmp_path,
        f"""
        [auth.oidc]
        issuer = "https://login.example"
        [[auth.keys]]
        key = "s3cret-1"
        [[auth.keys]]
        name = "both"
        key = "s3cret-2"
        sha256 = "{digest}"
        [[auth.keys]]
        name = "short"
        sha256 = "abc"
        [[auth.keys]]
        name = "missing"
        key_file = "{tmp_path / "gone"}"
        [[auth.keys]]
        name = "empty"
        key_file = "{tmp_path / "empty"}"
        [[auth.keys]]
        name = "lines"
        key_file = "{tmp_path / "lines"}"
        [[auth.keys]]
        name = "expiring"
        key = "s3cret-3"
        expires = 2027-01-01T00:00:00
        [[auth.keys]]
        name = "unknown"
        key = "s3cret-4"
        role = "desk"
        [[auth.keys]]
        name = "roleless"
        key = "s3cret-5"
        roles = ["gone"]
        [[auth.keys]]
        name = "doubled"
        key = "s3cret-5"
        [[auth.keys]]
        name = "unnamed"
        key = "s3cret-6"
        [[auth.keys]]
        name = "unnamed"
        key = "s3cret-7"
        roles = ["desk"]
        [roles]
        plain = 1
        [roles.desk]
        sources = ["tether"]
        read = ["asset"]
        write = ["checkout"]
        hide = ["purchaseCost"]
        explore = "perhaps"
        reads = ["Asset"]
        rows.revnue.x = ["1"]
        limits.requests_per_second = 0
        limits.concurrent_operations = 1.5
        """,
        GATEWAY_AUTH__API_KEYS="s3cret-6",
        GATEWAY_ROLES__DESK__READ="Asset",
    )
    expected = [
        "auth.keys[1].name: is not set",
        "auth.keys[2]: has sha256 and key",
        "auth.keys[3].sha256: is no SHA-256 digest",
        "auth.keys[4].key_file: cannot be read (No such file or directory)",
        "auth.keys[5].key_file: is an empty file",
        "auth.keys[6].key_file: has a line break",
        "auth.keys[7].expires: is no moment with a zone",
        "auth.keys[8].role: is no setting: did you mean roles?",
        "auth.keys roleless: there is no role 'gone': there are desk, plain",
        "auth.keys doubled and roleless: are 2 entries of one key",
        "auth.keys unnamed: its key is in GATEWAY_AUTH__API_KEYS too",
        "auth.keys unnamed: its keys have different roles",
        "GATEWAY_AUTH__OIDC__AUDIENCE: is not set",
        "GATEWAY_ROLES__DESK__READ: is no setting",
        "roles.plain: is no table",
        "roles.desk.sources: there is no source 'tether': there are fiwit, halo",
        "roles.desk.read: 'asset' is not a type",
        "roles.desk.write: 'checkout' is not a mutation",
        "roles.desk.hide: 'purchaseCost' is not a field",
        "roles.desk.explore: is neither true nor false",
        "roles.desk.reads: is no setting: did you mean read?",
        "roles.desk.rows.revnue: there is no source of this name",
        "roles.desk.limits.requests_per_second: is too small",
        "roles.desk.limits.concurrent_operations: is not a whole number",
    ]
    for start in expected:
        assert [fault for fault in told if fault.startswith(start)] != [], start
    assert len(told) == len(expected)


def test_what_has_expired_and_an_issuer_without_tls_are_warnings(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        """
        [[auth.keys]]
        name = "late"
        key = "s3cret"
        expires = 2020-01-01T00:00:00Z
        """,
        GATEWAY_AUTH__OIDC__ISSUER="http://login.example",
        GATEWAY_AUTH__OIDC__AUDIENCE="asset-gateway",
    )
    issuer, late = settings.warnings
    assert issuer.startswith("GATEWAY_AUTH__OIDC__ISSUER: is plain http")
    assert late.startswith("auth.keys late: expired at 2020-01-01T00:00:00+00:00")
