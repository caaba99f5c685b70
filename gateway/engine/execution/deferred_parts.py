"""
Deferred parts: an operation goes on after its first part, a part for each fragment with `@defer`.

A fragment is run level by level for all of its objects together. The parts belong to the same operation, with its
budgets, deadline and errors; its context is closed when the last of them is there, however slowly the client reads.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from graphql import GraphQLError, located_error

from gateway.concurrency.time_slice import TimeSlice
from gateway.engine.encoder import ENCODER
from gateway.engine.execution.answer_writer import AnswerWriter
from gateway.engine.execution.executor import NULLED, DeferredObjects, LevelExecutor, Path, as_list
from gateway.engine.execution.plan import DeferredFragment
from gateway.engine.graphql_errors import Entry, from_execution, from_reported, internal, request_error
from gateway.errors import GatewayError, TooComplex, drop_traceback

#: Objects that are looked for without a pause.
_CHUNK = 500
#: Writing one object's part takes as long as work on so many rows.
_ROWS_OF_A_PART = 10


class DeferredObject(NamedTuple):
    """An object of which a fragment is deferred; `path` is its place in the answer, `id` is unique in the operation."""

    id: str
    path: Sequence[str | int]
    label: str | None


class DeferredResult(NamedTuple):
    """A deferred fragment of one object: its `data`, null if a field in it may not be null, and its errors."""

    object: DeferredObject
    data: msgspec.Raw | None
    errors: Sequence[Entry]


Part = Sequence[DeferredResult]


class _Fragment(NamedTuple):
    """A deferred fragment, with all objects that it is of."""

    fragment: DeferredFragment
    objects: list[DeferredObject]
    parents: Sequence[Any]
    paths: list[Path]


class DeferredParts:
    """
    The parts of one operation's answer after the first, in the order in which they are complete. There are none unless
    `objects` has some after the first.
    """

    def __init__(self, seconds: float, shown: Callable[[Sequence[Entry]], Sequence[Entry]]) -> None:
        """The operation has this many seconds from now on. `shown` gives errors as the caller may see them."""
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + seconds
        self._seconds = seconds
        self._shown = shown
        self._ready: asyncio.Queue[Part | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.objects: Sequence[DeferredObject] = ()
        self.remaining = 0
        """Parts that are still to come."""

    async def start(self, first: LevelExecutor, data: Any, writer: AnswerWriter) -> list[GraphQLError]:
        """
        Start on all that is deferred in the executed first part. Nothing is deferred if there is no room for it: the
        errors are the first part's then.
        """
        fragments: list[_Fragment] = []
        objects: list[DeferredObject] = []
        for group in _by_fragment(first.deferred):
            budget, size = first.ctx.entries, sum(len(each.paths) for each in group)
            if budget.take(size) < size:
                return [located_error(budget.error)]
            fragment = await _fragment(group, data, first.ctx.time_slice, number=len(objects))
            if fragment is None:
                continue
            fragments.append(fragment)
            objects += fragment.objects
            writer.room -= sum(len(ENCODER.encode(entry)) for entry in fragment.objects)
            if writer.errors or writer.room < 0:
                message = "What is deferred is left out: the answer would be too long. Ask for smaller pages"
                return [located_error(TooComplex(message))]
        if objects:
            self.objects, self.remaining = objects, len(fragments)
            self._close, self._time_slice = first.ctx.close, first.ctx.time_slice
            self._task = self._loop.create_task(self._run(fragments, first, writer))
        return []

    async def __anext__(self) -> Part:
        """The next part that is complete."""
        part = await self._ready.get()
        if part is None:
            raise StopAsyncIteration
        self.remaining -= 1
        return part

    async def aclose(self) -> None:
        """Cancel what has not ended."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait({self._task})
        await self._close()  # a task that is cancelled before its first step has closed nothing

    async def _run(self, fragments: Sequence[_Fragment], first: LevelExecutor, writer: AnswerWriter) -> None:
        runs = {asyncio.create_task(_execute(fragment, first)): fragment for fragment in fragments}
        try:
            async with asyncio.timeout_at(self._deadline):
                while runs:
                    done, _ = await asyncio.wait(runs, return_when=asyncio.FIRST_COMPLETED)
                    for run in done:
                        self._ready.put_nowait(await self._part(runs[run], run, writer))
                        del runs[run]
        except TimeoutError:
            for fragment in runs.values():
                message = f"The operation did not end within {self._seconds:g} s: ask for less at once"
                self._ready.put_nowait(_failed_part(fragment, request_error("QUERY_TOO_COMPLEX", message)))
        finally:
            for run in runs:
                run.cancel()
            await self._close()
            self._ready.put_nowait(None)

    async def _part(self, fragment: _Fragment, run: "asyncio.Task[_Outcome]", writer: AnswerWriter) -> Part:
        """The results of a fragment that has been run. Whatever is not foreseen is an error of this part alone."""
        try:
            objects, errors = run.result()
            written: list[msgspec.Raw | None] = []
            for data, path in zip(objects, fragment.paths, strict=True):
                await self._time_slice.pause(_ROWS_OF_A_PART)
                selection = fragment.fragment.selection
                written.append(None if data is NULLED else await writer.write(selection, data, path))
            errors += from_execution(writer.errors)
            writer.errors.clear()
        except Exception as exc:  # noqa: BLE001
            return _failed_part(fragment, request_error("INTERNAL", internal(exc)))
        by_object = _by_object(self._shown(errors), depth=len(fragment.objects[0].path))
        return [
            DeferredResult(entry, data, by_object.get(tuple(entry.path), ()))
            for entry, data in zip(fragment.objects, written, strict=True)
        ]


_Outcome = tuple[Sequence[Any], list[Entry]]
"""The objects of a fragment, NULLED where one is null, and the errors in all of them."""


async def _execute(fragment: _Fragment, first: LevelExecutor) -> _Outcome:
    reports = _Reports()
    executor = LevelExecutor(first.ctx, first.arguments, reports)
    objects = await executor.objects(fragment.fragment.selection, fragment.parents, fragment.paths)
    errors = executor.errors()
    entries = from_execution(errors) + from_reported(reports.errors.values())
    for error in (*errors, *(reported for reported, _ in reports.errors.values())):
        drop_traceback(getattr(error, "original_error", error))
        drop_traceback(error)
    return objects, entries


class _Reports:
    """The errors beside the values of one fragment: the same error at the same path is there once."""

    def __init__(self) -> None:
        self.errors: dict[
            tuple[GatewayError, tuple[str | int, ...]], tuple[GatewayError, list[str | int]]
        ] = {}

    def report(self, error: GatewayError, path: list[str | int]) -> None:
        """Add an error."""
        self.errors[error, tuple(path)] = (error, path)


def _by_fragment(deferred: Sequence[DeferredObjects]) -> Iterable[Sequence[DeferredObjects]]:
    """Groups of deferred objects by their fragment."""
    grouped: defaultdict[int, list[DeferredObjects]] = defaultdict(list)
    for group in deferred:
        grouped[id(group.fragment)].append(group)
    return grouped.values()


async def _fragment(
    groups: Sequence[DeferredObjects], data: Any, time_slice: TimeSlice, *, number: int
) -> _Fragment | None:
    """
    A fragment with its objects, which are numbered from `number` on, but those that are null in the first part's data;
    None if all are.
    """
    fragment = groups[0].fragment
    objects: list[DeferredObject] = []
    paths: list[Path] = []
    present: list[list[int]] = [[] for _ in groups]
    for group, own_indices in zip(groups, present, strict=True):
        async for indices in time_slice.chunks(range(len(group.paths)), _CHUNK):
            for index in indices:
                steps = as_list(path := group.paths[index])
                if _is_in(data, steps):
                    objects.append(DeferredObject(str(number + len(objects)), steps, fragment.label))
                    paths.append(path)
                    own_indices.append(index)
    if not objects:
        return None
    if len(groups) == 1 and len(objects) == len(groups[0].paths):
        return _Fragment(fragment, objects, groups[0].parents, paths)
    parents = [
        group.parents[index]
        for group, own_indices in zip(groups, present, strict=True)
        for index in own_indices
    ]
    return _Fragment(fragment, objects, parents, paths)


def _is_in(data: Any, steps: Iterable[str | int]) -> bool:
    for step in steps:
        data = data[step]
        if data is None:
            return False
    return True


def _by_object(errors: Iterable[Entry], *, depth: int) -> dict[tuple[str | int, ...], list[Entry]]:
    """Errors by the path of the object that they are in: the first `depth` steps of their own."""
    grouped: defaultdict[tuple[str | int, ...], list[Entry]] = defaultdict(list)
    for error in errors:
        grouped[tuple(error["path"][:depth])].append(error)
    return grouped


def _failed_part(fragment: _Fragment, error: Entry) -> Part:
    """Nothing of a fragment, with the error at the first of its objects."""
    (first, *others) = fragment.objects
    error = {**error, "path": list(first.path)}
    return [DeferredResult(first, None, [error]), *(DeferredResult(entry, None, ()) for entry in others)]
