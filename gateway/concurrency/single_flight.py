"""Work that several wait for: begun once, and ended when nobody waits any more."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Work = Callable[[], Coroutine[Any, Any, T]]


class InFlight(Generic[T]):
    """
    One piece of work under way or done. `wanted` says that it goes on even where nobody waits for it; `landed` is
    called at its end.
    """

    __slots__ = ("_is_left", "_landed", "_seats", "_wanted", "task")

    def __init__(
        self,
        work: Work[T],
        *,
        on_done: "Callable[[InFlight[T]], None] | None" = None,
        background: bool = False,
    ) -> None:
        self._landed = on_done
        self._wanted = background
        self._is_left = False
        self._seats: dict[asyncio.Future[None], object] = {}
        self.task: asyncio.Task[T] = asyncio.get_running_loop().create_task(self._fly(work))
        if background:
            self.task.add_done_callback(_look_at)

    @property
    def is_abandoned(self) -> bool:
        """Whether it was ended before it was done: its outcome is nobody's."""
        return self._is_left or self.task.cancelled()

    async def outcome(self, owner: object = None) -> T:
        """
        What the work gives or raises. A waiter who is cancelled does not take it from the others. `party` is for whom
        it is waited, see `leave`.
        """
        if not self.task.done():
            seat: asyncio.Future[None] = self.task.get_loop().create_future()
            self._seats[seat] = owner
            try:
                await seat
            except BaseException:
                self._seats.pop(seat, None)
                self._end_unless_wanted()
                raise
        return self.task.result()

    def release(self, owner: object) -> bool:
        """Nobody of this party waits any more. Whether the work is ended by that, and has to be waited for."""
        for seat in [seat for seat, whose in self._seats.items() if whose is owner]:
            del self._seats[seat]
            seat.cancel()
        self._end_unless_wanted()
        return self._is_left and not self.task.done()

    def end(self) -> None:
        """End the work, whoever waits."""
        if self._is_left:
            return  # once is enough: it may have something to put away
        self._is_left = True
        # also where it has not begun yet: then nothing of it ever runs
        self.task.add_done_callback(self._ended)
        self.task.cancel()

    def _end_unless_wanted(self) -> None:
        if self._seats or self._wanted:
            return
        if self.task.done():
            _look_at(self.task)
        else:
            self.end()

    async def _fly(self, work: Work[T]) -> T:
        try:
            return await work()
        finally:
            self._land()

    def _ended(self, task: asyncio.Task[T]) -> None:
        _look_at(task)
        self._land()

    def _land(self) -> None:
        for seat in self._seats:
            if not seat.done():
                seat.set_result(None)
        self._seats.clear()
        if self._landed is not None:
            self._landed(self)


def _look_at(task: asyncio.Task[Any]) -> None:
    """Take note of a failure that nobody waited for, so that asyncio does not complain of it."""
    if not task.cancelled():
        task.exception()


class SingleFlight(Generic[T]):
    """Equal questions under way at the same time, each asked once."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, InFlight[T]] = {}
        self._all: dict[InFlight[T], Hashable] = {}

    def find(self, key: Hashable) -> InFlight[T] | None:
        """The flight of a question that is being asked."""
        found = self._under_way.get(key)
        return None if found is None or found.is_abandoned else found

    def start(self, key: Hashable, ask: Work[T], *, background: bool = False) -> InFlight[T]:
        """Ask now. What is `wanted` goes on without anybody who waits, and its failure is nobody's."""
        flight = InFlight(ask, on_done=self._landed, background=background)
        self._under_way[key] = flight
        self._all[flight] = key
        return flight

    async def join(self, key: Hashable, ask: Work[T]) -> T:
        """The outcome of the question under way, or of asking now."""
        return await (self.find(key) or self.start(key, ask)).outcome()

    def detach(self) -> None:
        """Nobody joins what is under way now: what it asks for may have changed."""
        self._under_way.clear()

    async def close(self) -> None:
        """End everything."""
        flights = list(self._all)
        for flight in flights:
            flight.end()
        await asyncio.gather(*(flight.task for flight in flights), return_exceptions=True)

    def _landed(self, flight: InFlight[T]) -> None:
        key = self._all.pop(flight, None)
        if self._under_way.get(key) is flight:
            del self._under_way[key]
