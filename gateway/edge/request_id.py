"""An id for every request: in the answer, and in the log lines about it."""

import logging
import re
import secrets
from collections.abc import Mapping

from gateway.engine.request import REQUEST_ID

NAME = b"x-request-id"
"""The header that tells the id, of a request and of its answer."""

_SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def request_id_of(headers: Mapping[bytes, bytes]) -> bytes:
    """The caller's own id where it is short and plain, otherwise a new one."""
    sent = headers.get(NAME)
    return sent if sent is not None and _SANE.fullmatch(sent) else secrets.token_hex(8).encode()


class RequestIdFilter(logging.Filter):
    """Gives every log record the `request_id` that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Adds the id and keeps the record."""
        record.request_id = REQUEST_ID.get()
        return True
