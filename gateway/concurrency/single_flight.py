"""Single flight (request coalescing): callers with equal keys share work, cancelled once nobody waits for it."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")

Work = Callable[[], Coroutine[Any, Any, T]]


class Cancellable(Protocol):
    """Work that was begun without a task."""

    def cancel(self) -> None:
        """End it, or drop what it came to, if nobody takes that."""
        ...


class InFlight(Generic[T]):
    """
    Shared work and its waiters. `background` keeps it running even if nobody waits for it; `on_done` is called at its
    end.

    Its work is a task (`go_on`), or was `begun` without one: then whoever began it has to `finish` it or to let it
    `go_on`.
    """

    __slots__ = (
        "_error",
        "_is_background",
        "_on_done",
        "_result",
        "_waiters",
        "begun",
        "is_abandoned",
        "is_done",
        "task",
    )

    def __init__(self, on_done: "Callable[[InFlight[T]], None]", *, background: bool = False) -> None:
        self._on_done = on_done
        self._is_background = background
        self._waiters: dict[asyncio.Future[None], object] = {}
        self._result: T | None = None
        self._error: Exception | None = None
        self.begun: Cancellable | None = None
        """What was begun, until the work is done or goes on."""
        self.task: asyncio.Task[None] | None = None
        self.is_done = False
        """True if it has an outcome."""
        self.is_abandoned = False
        """True if it was ended before it was done: it has no outcome to join."""

    def go_on(self, work: Work[T]) -> None:
        """Go on with a task. What was begun belongs to the work as soon as that runs."""
        self.task = asyncio.get_running_loop().create_task(self._run(work))

    def finish(self, result: T | None = None, error: Exception | None = None) -> None:
        """End with a result or an error."""
        self._result, self._error, self.is_done = result, error, True
        if self.begun is not None:
            if self.is_abandoned:
                self.begun.cancel()
            self.begun = None
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()
        self._on_done(self)

    async def outcome(self, owner: object = None) -> T:
        """
        The result of the work, or its exception raised. Cancelling a waiter does not cancel the work for the others.
        `owner` identifies the waiter to `release`.
        """
        if not self.is_done:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters[waiter] = owner
            try:
                await waiter
            except BaseException:
                self._waiters.pop(waiter, None)
                self._end_if_unused()
                raise
        if self._error is not None:
            raise self._error
        if self.is_abandoned:
            raise asyncio.CancelledError
        return self._result  # type: ignore[return-value]

    def release(self, owner: object) -> asyncio.Task[None] | None:
        """Cancel all waits of an owner. If that has ended the work, its task that has yet to be awaited."""
        for waiter in [waiter for waiter, waiting_owner in self._waiters.items() if waiting_owner is owner]:
            del self._waiters[waiter]
            waiter.cancel()
        self._end_if_unused()
        return self.task if self.is_abandoned and not self.is_done else None

    def end(self) -> None:
        """Cancel the work, whoever waits."""
        if self.is_abandoned or self.is_done:
            return  # cancelled only once: it may have to clean up
        self.is_abandoned = True
        if self.task is None:
            self.finish()
            return
        # called even if the task has not begun: then nothing of the work ever runs
        self.task.add_done_callback(self._on_cancelled)
        self.task.cancel()

    def _end_if_unused(self) -> None:
        if not self._waiters and not self._is_background:
            self.end()

    async def _run(self, work: Work[T]) -> None:
        self.begun = None
        try:
            self.finish(await work())
        except Exception as exc:  # noqa: BLE001 (whoever waits raises it)
            self.finish(error=exc)
        except BaseException:
            self.is_abandoned = True
            self.finish()
            raise

    def _on_cancelled(self, _: asyncio.Task[None]) -> None:
        if not self.is_done:
            self.finish()


class SingleFlight(Generic[T]):
    """Work in flight by key: work with an equal key joins it instead of starting."""

    def __init__(self) -> None:
        self._in_flight: dict[Hashable, InFlight[T]] = {}
        self._unfinished: dict[InFlight[T], Hashable] = {}

    def find(self, key: Hashable) -> InFlight[T] | None:
        """The work in flight for a key; None if there is none that can be joined."""
        flight = self._in_flight.get(key)
        return None if flight is None or flight.is_abandoned else flight

    def open(self, key: Hashable, *, background: bool = False) -> InFlight[T]:
        """A flight whose work its opener begins now. With `background` it goes on without waiters."""
        flight = InFlight(self._on_done, background=background)
        self._in_flight[key] = flight
        self._unfinished[flight] = key
        return flight

    def start(self, key: Hashable, work: Work[T], *, background: bool = False) -> InFlight[T]:
        """Start the work now, as a task."""
        flight = self.open(key, background=background)
        flight.go_on(work)
        return flight

    async def join(self, key: Hashable, work: Work[T]) -> T:
        """The outcome of the work in flight for the key, or of the work started now. Raises as the work does."""
        return await (self.find(key) or self.start(key, work)).outcome()

    def detach(self) -> None:
        """Let nobody join the work that is in flight now: its result may be outdated."""
        self._in_flight.clear()

    async def close(self) -> None:
        """Cancel all work, and wait until it has ended."""
        flights = list(self._unfinished)
        for flight in flights:
            flight.end()
        tasks = [flight.task for flight in flights if flight.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_done(self, flight: InFlight[T]) -> None:
        key = self._unfinished.pop(flight, None)
        if self._in_flight.get(key) is flight:
            del self._in_flight[key]
