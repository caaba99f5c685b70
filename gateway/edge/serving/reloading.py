"""
Reload of the settings: an application that is replaced by another one while it serves. Requests that have begun end in
the application that they began in, which is closed when the last of them has ended.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from gateway.edge.known_heads import KnownHeads
from gateway.edge.serving.file_watch import FileWatch
from gateway.settings import SettingsError

#: Seconds after which the requests of a replaced application are cancelled: a WebSocket or a download has no other end.
_RETIREMENT_SECONDS = 60.0
#: Seconds that a replaced application may take to close when the server ends.
_CLOSING_SECONDS = 2.0

_log = logging.getLogger("gateway")


class _Generation:
    """An application with its lifespan, and the tasks of the requests that are in it."""

    def __init__(self, app: Starlette) -> None:
        self.app = app
        self.known_heads = KnownHeads()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._lifespan: AbstractAsyncContextManager[Any] = app.router.lifespan_context(app)

    async def open(self) -> None:
        """Open the application's resources."""
        await self._lifespan.__aenter__()

    async def close(self) -> None:
        """Close the application's resources."""
        await self._lifespan.__aexit__(None, None, None)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self.app(scope, receive, send)
        finally:
            self._tasks.discard(task)

    def hand_over(self, successor: "_Generation") -> None:
        """Have streams of callers end whom the successor does not know as they were."""
        authenticator = getattr(self.app.state, "authenticator", None)
        if authenticator is not None:
            authenticator.replace_by(successor.app.state.authenticator)

    async def retire(self, seconds: float) -> None:
        """Close it once its requests have ended, or were cancelled after `seconds`."""
        if tasks := self._tasks | self.known_heads.tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=seconds)
        await self.close()


class ReloadableApp:
    """
    ASGI application that serves with `app`, and at SIGHUP, or when a watched file changes, with what `rebuild` makes of
    the settings as they are then. If it raises SettingsError, the reasons are logged and all stays as it is. `close`
    closes what the applications share.
    """

    def __init__(
        self,
        app: Starlette,
        rebuild: Callable[[], Starlette],
        *,
        watch: FileWatch | None = None,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._current = _Generation(app)
        self.known_heads = self._current.known_heads
        """The heads that the application which serves knows."""
        self._rebuild = rebuild
        self._watch = watch
        self._close = close
        self._requested = asyncio.Event()
        self._retiring: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan of the server."""
        if scope["type"] == "lifespan":
            await self._serve_lifespan(receive, send)
            return
        await self._current.serve(scope, receive, send)

    def request_reload(self) -> None:
        """Reload soon. Several requests at once are one reload."""
        self._requested.set()

    async def reload(self) -> bool:
        """Replace the application. False if the settings have faults, which are logged."""
        try:
            app = await asyncio.to_thread(self._rebuild)
            generation = _Generation(app)
            await generation.open()
        except SettingsError as exc:
            for fault in exc.faults:
                _log.error("the settings are not reloaded: %s", fault)
            return False
        except Exception:  # noqa: BLE001 (is logged; the application that serves goes on)
            _log.exception("the settings are not reloaded: not foreseen")
            return False
        previous, self._current = self._current, generation
        self.known_heads = generation.known_heads
        previous.hand_over(generation)
        retirement = asyncio.create_task(previous.retire(_RETIREMENT_SECONDS))
        self._retiring.add(retirement)
        retirement.add_done_callback(self._retiring.discard)
        _log.warning("the settings are reloaded")
        return True

    async def _serve_lifespan(self, receive: Receive, send: Send) -> None:
        """The ASGI lifespan protocol."""
        await receive()
        await self._current.open()
        reloading = asyncio.create_task(self._reload_on_request())
        with suppress(NotImplementedError, RuntimeError, ValueError, AttributeError):  # Windows, threads
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.request_reload)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        reloading.cancel()
        await asyncio.wait({reloading})
        if self._retiring:
            await asyncio.wait(self._retiring, timeout=_CLOSING_SECONDS)
        await self._current.close()
        if self._close is not None:
            await self._close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _reload_on_request(self) -> None:
        while True:
            timeout = None if self._watch is None else self._watch.seconds
            with suppress(TimeoutError):
                await asyncio.wait_for(self._requested.wait(), timeout)
            if self._requested.is_set() or (self._watch is not None and self._watch.has_changed()):
                self._requested.clear()
                await self.reload()
