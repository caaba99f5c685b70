"""
Identity from a trusted proxy: it has authenticated the caller, by single sign-on or a client certificate, and names it
in a header. Nobody else is believed.
"""

import ipaddress
import re
from collections.abc import Collection, Sequence

from gateway.access.caller import Caller, InvalidCredential, make_caller
from gateway.settings import ProxySettings

_MAX_CHARACTERS = 4_096
_MAX_NAME = 64
#: The common name in the subject of a certificate, as RFC 4514 or OpenSSL's old form writes it.
_COMMON_NAME = re.compile(r"(?:^|[,/])\s*CN\s*=\s*((?:[^,/\\+]|\\.)+)", re.IGNORECASE)


class ProxyIdentity:
    """Callers as trusted proxies name them, with those of the roles that are `configured`."""

    def __init__(self, settings: ProxySettings, configured: Collection[str]) -> None:
        self._settings = settings
        self._configured = configured
        self._networks = [ipaddress.ip_network(address) for address in settings.addresses]
        self.user_header = settings.user_header.encode()
        self.groups_header = None if settings.groups_header is None else settings.groups_header.encode()

    def is_trusted(self, address: str) -> bool:
        """True for the address of a trusted proxy; an IPv4 address may be written as IPv6."""
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(parsed, "ipv4_mapped", None)
        return any((mapped or parsed) in network for network in self._networks)

    def caller(self, users: Sequence[str], groups: Sequence[str]) -> Caller:
        """The caller by the values of the two headers, of which each may be sent once. Raises InvalidCredential."""
        if len(users) != 1 or len(groups) > 1:
            raise InvalidCredential(
                "The headers that name the caller are sent twice, or one without the other"
            )
        user = users[0].strip()
        if not user or len(user) > _MAX_CHARACTERS or not user.isprintable():
            raise InvalidCredential("The header that names the caller has no name in it")
        roles = [group.strip() for value in groups for group in value.split(",")]
        return make_caller(
            _shown_name(user),
            [*roles, *self._settings.users.get(user, ())],
            identity=f"proxy:{user}",
            configured=self._configured,
        )


def _shown_name(user: str) -> str:
    r"""
    The name for logs: of a certificate's subject its common name.

    >>> _shown_name("ann@acme.example"), _shown_name("CN=bi\\, night,O=Acme"), _shown_name("/O=Acme/CN=bi")
    ('proxy:ann@acme.example', 'proxy:bi\\, night', 'proxy:bi')
    """
    common = _COMMON_NAME.search(user)
    return f"proxy:{(common[1] if common else user)[:_MAX_NAME]}"
