"""The demo's second caller: a key with fewer rights than those who send none, to see what roles do."""

import hashlib
from dataclasses import replace

from gateway.settings import KeySettings, RoleSettings, Settings

KEY = "demo-desk"
_ROLE = RoleSettings(
    "desk",
    sources=("fiwit", "halo"),
    read=("Asset", "Location", "Person", "Ticket"),
    write=("ticket.*",),
    hide=("Asset.purchaseCost",),
    explore=True,
)


def with_second_caller(settings: Settings) -> Settings:
    """The settings with the key; unchanged if the operator has configured callers or roles."""
    if not settings.auth.is_open or settings.roles:
        return settings
    key = KeySettings("desk", hashlib.sha256(KEY.encode()).digest(), (_ROLE.name,))
    auth = replace(settings.auth, keys=(key,), admits_anonymous=True)
    return replace(settings, auth=auth, roles=(_ROLE,))
