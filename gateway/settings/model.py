"""Settings model: the settings as they are once read and converted. No `repr` shows a secret."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gateway.settings.access import AuditSettings, KeySettings, OidcSettings, ProxySettings, RoleSettings

TransportName = Literal["direct", "httpx"]
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]


class SettingsError(Exception):
    """The settings cannot be used. `faults` holds every reason: the setting's name and what to do."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class SourceSettings:
    """
    An account at one vendor. `values` are the vendor's own settings, each converted or at its default. With
    `caller_credentials` callers may use accounts of their own instead.
    """

    name: str
    vendor: str
    base_url: str
    rate_per_minute: float
    concurrency: int
    timeout_seconds: float
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    max_wait_seconds: float | None = None
    caller_credentials: bool = False


@dataclass(frozen=True)
class AuthSettings:
    """
    Credentials of callers: keys without a name, whose holders may do all, named keys, the tokens of an issuer,
    and what a proxy says.
    Without any the gateway is open to everybody, on loopback.
    """

    api_keys: tuple[str, ...] = field(default=(), repr=False)
    keys: tuple[KeySettings, ...] = ()
    oidc: OidcSettings | None = None
    proxy: ProxySettings | None = None
    policy: str | None = None
    """The operator's own policy, as `module:object`, instead of the configured roles."""
    admits_anonymous: bool = False
    """True if who sends no credential may do all although there are keys, as in the demo. No setting sets it."""

    @property
    def is_open(self) -> bool:
        """True if no credential is configured."""
        return not self.api_keys and not self.keys and self.oidc is None and self.proxy is None


@dataclass(frozen=True)
class CorsSettings:
    """Origins of other web pages that may call from a browser: exact, with any port (`:*`), or `*` alone for all."""

    origins: tuple[str, ...] = ()


@dataclass(frozen=True)
class CacheSettings:
    """
    Caching of upstream answers: if it is enabled, the URL of the store that gateways share, if any, and the memory of a
    process for answers and what they decode to, in bytes.
    """

    enabled: bool = True
    url: str | None = field(default=None, repr=False)
    memory_bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True)
class UpstreamSettings:
    """The HTTP client of upstream requests, and the limit of an answer in bytes after decompression."""

    transport: TransportName = "direct"
    answer_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True)
class DocumentSettings:
    """Trusted documents: their file, and if only these are run."""

    file: str | None = None
    only_trusted: bool = False


@dataclass(frozen=True)
class IdentitySettings:
    """
    The file with the operator's decisions on which records are one thing. `is_own`: it is for nothing else; otherwise
    it is the configuration, which has them in `[identity]`.
    """

    file: str | None = None
    is_own: bool = True


@dataclass(frozen=True)
class LimitSettings:
    """
    Limits of one operation, of the size of one request in bytes (`body_bytes`), and of the operations of one WebSocket
    at the same time (`operations`).
    """

    max_page_size: int = 500
    depth: int = 12
    aliases: int = 30
    root_fields: int = 20
    directives: int = 50
    tokens: int = 2000
    body_bytes: int = 1_048_576
    upstream_calls: int = 100
    deadline_seconds: float = 30.0
    records: int = 20_000
    answer_bytes: int = 33_554_432
    ids: int = 500
    filter_terms: int = 200
    text_characters: int = 500
    operations: int = 50


@dataclass(frozen=True)
class FederationSettings:
    """
    The subgraph of a federated graph with names of its own: what names of types and root fields begin with, and if it
    has no mutations. Without either there is none beside the schema itself.
    """

    prefix: str = ""
    read_only: bool = False

    @property
    def is_own(self) -> bool:
        """True if the subgraph is another than the schema."""
        return bool(self.prefix) or self.read_only


@dataclass(frozen=True)
class TableSettings:
    """
    The kept tables: the folder of their snapshots (None: a private one that goes with the server), when they are read
    again, how old they may be served at most, the share of each source's rate that reading them may take, and if what
    costs a call for each record is read. Of each day a version stays for `history_days`, within `history_bytes`.
    """

    dir: str | None = None
    refresh_minutes: float = 15.0
    max_age_minutes: float | None = None
    always: bool = False
    share: float = 0.5
    details: bool = False
    history_days: int = 0
    history_bytes: int = 4 * 1024**3


@dataclass(frozen=True)
class LogSettings:
    """The log on standard error: from which level on lines are written, and their form."""

    level: LogLevel = "warning"
    format: LogFormat = "text"


@dataclass(frozen=True)
class LiveSettings:
    """
    Subscriptions to changes: the share of each source's rate, and of its time, that polls may take, and the seconds
    between two polls of a source, at least.
    """

    share: float = 0.1
    poll_seconds: float = 10.0


@dataclass(frozen=True)
class Settings:
    """Everything that the operator decides. `sources` and `roles` stand in the order of their names."""

    sources: tuple[SourceSettings, ...] = ()
    auth: AuthSettings = field(default_factory=AuthSettings)
    roles: tuple[RoleSettings, ...] = ()
    cors: CorsSettings = field(default_factory=CorsSettings)
    cache: CacheSettings = field(default_factory=CacheSettings)
    upstream: UpstreamSettings = field(default_factory=UpstreamSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    documents: DocumentSettings = field(default_factory=DocumentSettings)
    federation: FederationSettings = field(default_factory=FederationSettings)
    tables: TableSettings = field(default_factory=TableSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)
    log: LogSettings = field(default_factory=LogSettings)
    live: LiveSettings = field(default_factory=LiveSettings)
    public_url: str | None = None
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    ide: bool = True
    introspection: bool = True
    reload: bool = False
    """Read the settings again when one of `files` changes."""
    drain_seconds: float = 0.0
    """Seconds between SIGTERM, from when on `/readyz` tells it, and the end of accepting requests."""
    files: tuple[Path, ...] = ()
    """The files that the settings were read from."""
    warnings: tuple[str, ...] = ()
    vendor_faults: tuple[str, ...] = ()
    """What is wrong with vendors' packages, and which sources are left out for it."""
