"""Reason why a connection failed, as one word of the log: `dns`, `refused`, `tls:expired`, `timeout:connect` ..."""

import errno
import socket
import ssl
from collections.abc import Iterator

CONNECT_TIMEOUT = "timeout:connect"
READ_TIMEOUT = "timeout:read"
RESET = "reset"
#: Codes of OpenSSL's verification (x509_vfy.h).
_CERTIFICATE_REASONS = {9: "tls:expired", 10: "tls:expired", 62: "tls:name", 64: "tls:name"}
_ERRNO_REASONS = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: RESET,
    errno.EPIPE: RESET,
    errno.ENETUNREACH: "unreachable",
    errno.EHOSTUNREACH: "unreachable",
    errno.ETIMEDOUT: CONNECT_TIMEOUT,
}


def failure_reason(error: BaseException) -> str | None:
    """
    The reason, None if nothing is known of it. Errors that a library wraps are found through their causes.

    >>> failure_reason(ConnectionRefusedError(errno.ECONNREFUSED, "")), failure_reason(socket.gaierror())
    ('refused', 'dns')
    """
    return next((reason for cause in _causes(error) if (reason := _reason(cause)) is not None), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _reason(error: BaseException) -> str | None:
    match error:
        case ssl.SSLCertVerificationError():
            return _CERTIFICATE_REASONS.get(error.verify_code, "tls:untrusted")
        case ssl.SSLError():
            return "tls:protocol"
        case socket.gaierror():
            return "dns"
        case TimeoutError():
            return CONNECT_TIMEOUT
        case OSError():
            return _ERRNO_REASONS.get(error.errno or 0)
    return None
