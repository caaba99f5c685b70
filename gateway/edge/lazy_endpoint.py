"""Lazy endpoint: an ASGI application that is made at its first request, so that a server loads what it is asked for."""

from collections.abc import Callable
from functools import cached_property
from typing import Protocol

from starlette.types import Receive, Scope, Send


class ClosableApp(Protocol):
    """An ASGI application that has something to close."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        ...

    async def close(self) -> None:
        """Close files and connections."""
        ...


class LazyEndpoint:
    """The application of `make`, which imports what it needs."""

    def __init__(self, make: Callable[[], ClosableApp]) -> None:
        self._make = make

    @cached_property
    def _app(self) -> ClosableApp:
        return self._make()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._app(scope, receive, send)

    async def close(self) -> None:
        """Close the application if it was made."""
        if "_app" in vars(self):
            await self._app.close()
