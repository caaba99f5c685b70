"""Service links: variables that an orchestrator sets in every container for each service beside it."""

import re

_NAME = re.compile(
    r"[A-Z][A-Z0-9_]*?_(?:"
    r"SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|(?P<port>PORT)(?P<number>_[0-9]{1,5}_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?"
    r")"
)
_ADDRESS = re.compile(r"(?:tcp|udp|sctp)://.+")


def is_service_link(name: str, value: object) -> bool:
    """
    True for a variable that Kubernetes sets for a service, whatever the service's name.

    >>> is_service_link("GATEWAY_API_SERVICE_HOST", "10.0.0.1"), is_service_link("GATEWAY_SERVICE_PORT_HTTP", "80")
    (True, True)
    >>> is_service_link("GATEWAY_PORT_80_TCP_ADDR", "10.0.0.1"), is_service_link("GATEWAY_PORT", "tcp://10.0.0.1:80")
    (True, True)
    >>> is_service_link("GATEWAY_PORT", "8000"), is_service_link("GATEWAY_HOST", "0.0.0.0")
    (False, False)
    """
    form = _NAME.fullmatch(name)
    if form is None:
        return False
    is_plain_port = form["port"] is not None and form["number"] is None
    return not is_plain_port or (isinstance(value, str) and _ADDRESS.fullmatch(value) is not None)
