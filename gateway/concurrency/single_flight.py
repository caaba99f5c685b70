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

    `begin` may begin it without a task: what it returns has to `land`, to `fail` or to `go_on`. If it returns None, or
    there is none, the work is a task from the start.
    """

    __slots__ = ("_begun", "_error", "_is_background", "_is_ended", "_on_done", "_result", "_waiters", "task")

    def __init__(
        self,
        work: Work[T],
        *,
        begin: "Callable[[InFlight[T]], Cancellable | None] | None" = None,
        on_done: "Callable[[InFlight[T]], None] | None" = None,
        background: bool = False,
    ) -> None:
        self._on_done = on_done
        self._is_background = background
        self._is_ended = False
        self._waiters: dict[asyncio.Future[None], object] = {}
        self._result: T | None = None
        self._error: Exception | None = None
        self.task: asyncio.Task[T] | None = None
        self._begun = None if begin is None else begin(self)
        if self._begun is None:
            self.go_on(work)

    def go_on(self, work: Work[T]) -> None:
        """Go on with a task. What was begun belongs to the work as soon as that runs."""
        self.task = asyncio.get_running_loop().create_task(self._run(work))
        if self._is_background:
            self.task.add_done_callback(_retrieve_exception)

    def land(self, result: T) -> None:
        """End with a result, without a task."""
        self._result = result
        self._finish()

    def fail(self, error: Exception) -> None:
        """End with an error, without a task."""
        self._error = error
        self._finish()

    @property
    def is_done(self) -> bool:
        """True if it has an outcome."""
        return self._begun is None if self.task is None else self.task.done()

    @property
    def is_abandoned(self) -> bool:
        """True if it was ended before it was done: it has no outcome to join."""
        return self._is_ended or (self.task is not None and self.task.cancelled())

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
        if self.task is not None:
            return self.task.result()
        if self._error is not None:
            raise self._error
        if self._is_ended:
            raise asyncio.CancelledError
        return self._result  # type: ignore[return-value]

    def release(self, owner: object) -> asyncio.Task[T] | None:
        """Cancel all waits of an owner. If that has ended the work, its task that has yet to be awaited."""
        for waiter in [waiter for waiter, waiting_owner in self._waiters.items() if waiting_owner is owner]:
            del self._waiters[waiter]
            waiter.cancel()
        self._end_if_unused()
        return self.task if self._is_ended and not self.is_done else None

    def end(self) -> None:
        """Cancel the work, whoever waits."""
        if self._is_ended or self.is_done:
            return  # cancelled only once: it may have to clean up
        self._is_ended = True
        if self.task is None:
            self._finish()
            return
        # called even if the task has not begun: then nothing of the work ever runs
        self.task.add_done_callback(self._on_cancelled)
        self.task.cancel()

    def _end_if_unused(self) -> None:
        if self._waiters or self._is_background:
            return
        if not self.is_done:
            self.end()
        elif self.task is not None:
            _retrieve_exception(self.task)

    async def _run(self, work: Work[T]) -> T:
        self._begun = None
        try:
            return await work()
        finally:
            self._finish()

    def _on_cancelled(self, task: asyncio.Task[T]) -> None:
        _retrieve_exception(task)
        self._finish()

    def _finish(self) -> None:
        if self._begun is not None and self._is_ended:
            self._begun.cancel()
        self._begun = None
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()
        if self._on_done is not None:
            self._on_done(self)


def _retrieve_exception(task: asyncio.Task[Any]) -> None:
    """Retrieve a failure that nobody waited for, so that asyncio does not log it as never retrieved."""
    if not task.cancelled():
        task.exception()


class SingleFlight(Generic[T]):
    """Work in flight by key: work with an equal key joins it instead of starting."""

    def __init__(self) -> None:
        self._in_flight: dict[Hashable, InFlight[T]] = {}
        self._unfinished: dict[InFlight[T], Hashable] = {}

    def find(self, key: Hashable) -> InFlight[T] | None:
        """The work in flight for a key; None if there is none that can be joined."""
        flight = self._in_flight.get(key)
        return None if flight is None or flight.is_abandoned else flight

    def start(
        self,
        key: Hashable,
        work: Work[T],
        *,
        begin: Callable[[InFlight[T]], Cancellable | None] | None = None,
        background: bool = False,
    ) -> InFlight[T]:
        """Start the work now. With `background` it goes on without waiters, and nobody has to retrieve its failure."""
        flight = InFlight(work, begin=begin, on_done=self._on_done, background=background)
        self._in_flight[key] = flight
        self._unfinished[flight] = key
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
