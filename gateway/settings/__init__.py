"""The gateway's settings: environment variables over a TOML file, all faults reported at once."""

from gateway.settings.access import (
    AuditSettings,
    KeySettings,
    OidcSettings,
    ProxySettings,
    RoleLimits,
    RoleSettings,
)
from gateway.settings.entries import env_name
from gateway.settings.keys import SourceKey, SourceKeys
from gateway.settings.model import (
    AuthSettings,
    CacheSettings,
    CorsSettings,
    DocumentSettings,
    FederationSettings,
    IdentitySettings,
    LimitSettings,
    LiveSettings,
    LogFormat,
    LogLevel,
    LogSettings,
    Settings,
    SettingsError,
    SourceSettings,
    TableSettings,
    TransportName,
    UpstreamSettings,
)
from gateway.settings.read import load

__all__ = [
    "AuditSettings",
    "AuthSettings",
    "CacheSettings",
    "CorsSettings",
    "DocumentSettings",
    "FederationSettings",
    "IdentitySettings",
    "KeySettings",
    "LimitSettings",
    "LiveSettings",
    "LogFormat",
    "LogLevel",
    "LogSettings",
    "OidcSettings",
    "ProxySettings",
    "RoleLimits",
    "RoleSettings",
    "Settings",
    "SettingsError",
    "SourceKey",
    "SourceKeys",
    "SourceSettings",
    "TableSettings",
    "TransportName",
    "UpstreamSettings",
    "env_name",
    "load",
]
