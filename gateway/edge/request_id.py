"""An id for every request: in the answer, and in the log lines about it."""

import logging
import re
import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.engine.request import REQUEST_ID

_NAME = b"x-request-id"
_SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class RequestId:
    """Give each answer an X-Request-ID: the caller's own where it is short and plain, otherwise a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on under its id."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = next((value for name, value in scope["headers"] if name == _NAME), b"")
        request_id = sent if _SANE.fullmatch(sent) else secrets.token_hex(8).encode()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (_NAME, request_id)]
            await send(message)

        token = REQUEST_ID.set(request_id.decode())
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            REQUEST_ID.reset(token)


class RequestIdFilter(logging.Filter):
    """Gives every log record the `request_id` that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Adds the id and keeps the record."""
        record.request_id = REQUEST_ID.get()
        return True
