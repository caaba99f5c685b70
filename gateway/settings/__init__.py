"""The gateway's settings: environment variables over a TOML file, every fault told at once."""

from gateway.settings.keys import Key, SourceKeys
from gateway.settings.model import (
    AuthSettings,
    CacheSettings,
    LimitSettings,
    Settings,
    SettingsError,
    SourceSettings,
)
from gateway.settings.read import load

__all__ = [
    "AuthSettings",
    "CacheSettings",
    "Key",
    "LimitSettings",
    "Settings",
    "SettingsError",
    "SourceKeys",
    "SourceSettings",
    "load",
]
