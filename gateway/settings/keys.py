"""Setting keys: the declarations of the settings that a vendor's sources take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "text",
    "secret",
    "number",
    "whole",
    "flag",
    "words",
    "map",
    "ids",
    "zone",
    "url",
    "origins",
    "moment",
    "table",
    "tables",
]


@dataclass(frozen=True)
class SourceKey:
    """
    Declaration of one setting: its lower-case name and the kind of its value.

    `words` is comma-separated text or a TOML array; `map` is `Active=IN_USE,Broken=MAINTENANCE`, a JSON
    object or a TOML table; `ids` is a map onto whole numbers; `zone` is the name of a time zone; `origins` are
    words, each an origin of web pages, or `*` alone; `moment` is a day and time with its zone; `table` is a TOML table,
    `tables` are tables of tables of words. `least` is the smallest number allowed; `choices`, if any, are
    the only words allowed, as values if the setting is a map.
    A value that is `in_header` is sent in an HTTP header: it is of visible Latin-1 characters and blanks.
    """

    name: str
    kind: Kind
    required: bool = False
    default: Any = None
    help: str = ""
    least: float = 0
    choices: tuple[str, ...] = ()
    in_header: bool = False

    @property
    def is_secret(self) -> bool:
        """True if its value is never shown: a secret, or words that are sent in a header."""
        return self.kind == "secret" or (self.kind == "words" and self.in_header)


@dataclass(frozen=True)
class SourceKeys:
    """
    The settings of a vendor's sources, beyond those that every source has.

    Of the groups in `one_of` at least one must be complete: `(("token",), ("username", "password"))`.
    `defaults` are for the settings of every source: `base_url`, `rate_per_minute`, `concurrency`,
    `timeout_seconds`.
    """

    keys: tuple[SourceKey, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)


COMMON = (
    SourceKey("vendor", "text", help="the vendor's name"),
    SourceKey(
        "base_url", "url", required=True, help="where its API answers, such as https://acme.example/api"
    ),
    SourceKey("rate_per_minute", "number", default=0.0, help="requests per minute at most, 0 for no limit"),
    SourceKey("concurrency", "whole", default=8, least=1, help="requests under way at once, at most"),
    SourceKey("timeout_seconds", "number", default=15.0, least=0.001, help="seconds for one attempt"),
    SourceKey(
        "max_wait_seconds",
        "number",
        help="seconds that an operation waits for the rate limit, twice TIMEOUT_SECONDS if not set",
    ),
    SourceKey(
        "caller_credentials", "flag", default=False, help="callers may bring a credential of their own"
    ),
)
"""The settings that every source has."""
