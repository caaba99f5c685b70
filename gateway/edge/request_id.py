"""Request id: in the response's header, and in the request's log lines."""

import logging
import os
import re
from collections.abc import Mapping

from gateway.engine.request import REQUEST_ID

NAME = b"x-request-id"
"""Header of the id, in requests and responses."""

_VALID_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def new_request_id() -> bytes:
    """A random id."""
    return os.urandom(8).hex().encode()


def request_id_of(headers: Mapping[bytes, bytes]) -> bytes:
    """The caller's own id if it is short and plain, otherwise a random one."""
    sent = headers.get(NAME)
    return sent if sent is not None and _VALID_ID.fullmatch(sent) else new_request_id()


class RequestIdFilter(logging.Filter):
    """Adds the current `request_id` to every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id; the record passes."""
        record.request_id = REQUEST_ID.get()
        return True
