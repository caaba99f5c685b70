"""Single flight (request coalescing): callers with equal keys share a task, cancelled once nobody waits for it."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Work = Callable[[], Coroutine[Any, Any, T]]


class InFlight(Generic[T]):
    """
    A shared task and its waiters. `background` keeps it running even if nobody waits for it; `on_done` is called
    at its end.
    """

    __slots__ = ("_is_background", "_is_ended", "_on_done", "_waiters", "task")

    def __init__(
        self,
        work: Work[T],
        *,
        on_done: "Callable[[InFlight[T]], None] | None" = None,
        background: bool = False,
    ) -> None:
        self._on_done = on_done
        self._is_background = background
        self._is_ended = False
        self._waiters: dict[asyncio.Future[None], object] = {}
        self.task: asyncio.Task[T] = asyncio.get_running_loop().create_task(self._run(work))
        if background:
            self.task.add_done_callback(_retrieve_exception)

    @property
    def is_abandoned(self) -> bool:
        """True if the task was ended before it was done: it has no outcome to join."""
        return self._is_ended or self.task.cancelled()

    async def outcome(self, owner: object = None) -> T:
        """
        The result of the work, or its exception raised. Cancelling a waiter does not cancel the work for the others.
        `owner` identifies the waiter to `release`.
        """
        if not self.task.done():
            waiter: asyncio.Future[None] = self.task.get_loop().create_future()
            self._waiters[waiter] = owner
            try:
                await waiter
            except BaseException:
                self._waiters.pop(waiter, None)
                self._end_if_unused()
                raise
        return self.task.result()

    def release(self, owner: object) -> bool:
        """Cancel all waits of an owner. True if that has ended the work and its task has yet to be awaited."""
        for waiter in [waiter for waiter, waiting_owner in self._waiters.items() if waiting_owner is owner]:
            del self._waiters[waiter]
            waiter.cancel()
        self._end_if_unused()
        return self._is_ended and not self.task.done()

    def end(self) -> None:
        """Cancel the work, whoever waits."""
        if self._is_ended:
            return  # cancelled only once: it may have to clean up
        self._is_ended = True
        # called even if the task has not begun: then nothing of the work ever runs
        self.task.add_done_callback(self._on_cancelled)
        self.task.cancel()

    def _end_if_unused(self) -> None:
        if self._waiters or self._is_background:
            return
        if self.task.done():
            _retrieve_exception(self.task)
        else:
            self.end()

    async def _run(self, work: Work[T]) -> T:
        try:
            return await work()
        finally:
            self._finish()

    def _on_cancelled(self, task: asyncio.Task[T]) -> None:
        _retrieve_exception(task)
        self._finish()

    def _finish(self) -> None:
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
    """Tasks in flight by key: work with an equal key joins the task instead of starting another."""

    def __init__(self) -> None:
        self._in_flight: dict[Hashable, InFlight[T]] = {}
        self._unfinished: dict[InFlight[T], Hashable] = {}

    def find(self, key: Hashable) -> InFlight[T] | None:
        """The task in flight for a key; None if there is none that can be joined."""
        flight = self._in_flight.get(key)
        return None if flight is None or flight.is_abandoned else flight

    def start(self, key: Hashable, work: Work[T], *, background: bool = False) -> InFlight[T]:
        """Start the work now. With `background` it goes on without waiters, and nobody has to retrieve its failure."""
        flight = InFlight(work, on_done=self._on_done, background=background)
        self._in_flight[key] = flight
        self._unfinished[flight] = key
        return flight

    async def join(self, key: Hashable, work: Work[T]) -> T:
        """The outcome of the task in flight for the key, or of the work started now. Raises as the work does."""
        return await (self.find(key) or self.start(key, work)).outcome()

    def detach(self) -> None:
        """Let nobody join the tasks that are in flight now: their results may be outdated."""
        self._in_flight.clear()

    async def close(self) -> None:
        """Cancel all tasks, and wait until they have ended."""
        flights = list(self._unfinished)
        for flight in flights:
            flight.end()
        await asyncio.gather(*(flight.task for flight in flights), return_exceptions=True)

    def _on_done(self, flight: InFlight[T]) -> None:
        key = self._unfinished.pop(flight, None)
        if self._in_flight.get(key) is flight:
            del self._in_flight[key]
