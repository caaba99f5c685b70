"""
Errors of the gateway, as one tree. The edge turns each into one GraphQL error with the class's `code`.

    GatewayError                INTERNAL
    + BadInput                  BAD_USER_INPUT         the caller's argument, and what to do about it
    + Forbidden                 FORBIDDEN              the caller's rights do not allow it: raised before any call
    + NotSupported              NOT_SUPPORTED          the vendor has no such operation: raised before any call
    + TooComplex                QUERY_TOO_COMPLEX      the operation costs more than the limits allow
    + AuditUnavailable          INTERNAL               a write is refused, since it cannot be audited
    + UpstreamError             a vendor's failure; `source` and `vendor` are always known
      - UpstreamTimeout         UPSTREAM_TIMEOUT
      - UpstreamUnavailable     UPSTREAM_UNAVAILABLE   refused connection, DNS, TLS, 5xx
      - UpstreamRateLimited     UPSTREAM_RATE_LIMITED  429; `retry_after` in seconds if known
      - UpstreamAuth            UPSTREAM_AUTH          401, 403: the vendor refuses the credential
      - UpstreamGarbled         UPSTREAM_GARBLED       not what its API promises
      - UpstreamTooLarge        UPSTREAM_TOO_LARGE     larger than GATEWAY_UPSTREAM__ANSWER_BYTES allows
      - UpstreamRejected        UPSTREAM_REJECTED      any other 4xx
      - OutcomeUnknown          OUTCOME_UNKNOWN        a change was sent, and no answer says whether it was made

Messages are ours: never a vendor's body, a URL, a header, a credential or another exception's text.
"""

from typing import Any, ClassVar


class GatewayError(Exception):
    """Error that the gateway reports to a caller."""

    code: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def extensions(self) -> dict[str, Any]:
        """The GraphQL error's `extensions`."""
        return {"code": self.code}


def drop_traceback(error: BaseException | None) -> None:
    """
    Drop the tracebacks of an error and of its contexts, once it is reported. They hold the frames that it passed
    through, and these hold the error: without this, nothing of them would be freed before the next garbage collection.
    """
    while error is not None:
        error.__traceback__ = None
        error = error.__context__


class BadInput(GatewayError):
    """An invalid argument. The message says which one and what to do."""

    code = "BAD_USER_INPUT"


class Forbidden(GatewayError):
    """The caller's rights do not allow it. The message says what."""

    code = "FORBIDDEN"


class NotSupported(GatewayError):
    """The vendor has no such operation."""

    code = "NOT_SUPPORTED"


class TooComplex(GatewayError):
    """The operation would cost more than the limits allow."""

    code = "QUERY_TOO_COMPLEX"


class AuditUnavailable(GatewayError):
    """A write is refused, because the operator's audit cannot be written."""

    def __init__(self) -> None:
        super().__init__("Nothing was sent: the gateway's audit cannot be written; tell its operator")


class UpstreamError(GatewayError):
    """A vendor's failure to answer a request."""

    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        source: str,
        vendor: str,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{source}: {message}")
        self.source = source
        self.vendor = vendor
        self.status = status
        self.retry_after = retry_after
        self.reason: str | None = None
        """Reason of the failure as one word, for the operator's log only: `dns`, `tls:expired`, `status=404`."""
        self.host: str | None = None
        """Host and port that failed, for the operator's log only."""

    def extensions(self) -> dict[str, Any]:
        """Code, source, vendor and whether a retry may help; HTTP status and seconds until a retry if known."""
        extensions: dict[str, Any] = {
            "code": self.code,
            "source": self.source,
            "vendor": self.vendor.upper(),
            "retryable": self.retryable,
        }
        if self.status is not None:
            extensions["status"] = self.status
        if self.retry_after is not None:
            extensions["retryAfterSeconds"] = self.retry_after
        return extensions


class UpstreamTimeout(UpstreamError):
    """No complete answer arrived in time."""

    code = "UPSTREAM_TIMEOUT"
    retryable = True


class UpstreamUnavailable(UpstreamError):
    """The vendor cannot be reached, or says that it cannot serve."""

    code = "UPSTREAM_UNAVAILABLE"
    retryable = True


class UpstreamRateLimited(UpstreamError):
    """The vendor asks us to slow down (429), or its rate limit is spent."""

    code = "UPSTREAM_RATE_LIMITED"
    retryable = True


class UpstreamAuth(UpstreamError):
    """The vendor refuses the credential: ours, or the caller's own."""

    code = "UPSTREAM_AUTH"


class UpstreamGarbled(UpstreamError):
    """The answer is not what the vendor's API promises."""

    code = "UPSTREAM_GARBLED"


class UpstreamTooLarge(UpstreamError):
    """The answer is larger than the operator allows."""

    code = "UPSTREAM_TOO_LARGE"


class UpstreamRejected(UpstreamError):
    """The vendor refuses the request itself."""

    code = "UPSTREAM_REJECTED"


class OutcomeUnknown(UpstreamError):
    """A change was sent, and no answer says whether it was made."""

    code = "OUTCOME_UNKNOWN"
