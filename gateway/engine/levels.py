"""
Runs a plan level by level: all parents of a level together, a relation's resolver once for all of them.

Values travel as columns: for each field, one value a parent. A value that may not be null and is takes its object with
it (`GONE`), as the GraphQL specification has it. Errors carry the path of their place.
"""

import asyncio
import inspect
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError, located_error
from graphql.execution.values import VariableValues

from gateway.connector.record import Record
from gateway.engine.plan import PlannedField, Selection, Shape
from gateway.engine.projection import project
from gateway.loaders import Context
from gateway.waiting import together
from resolvers.links import prepared
from schema.bind import type_name_of
from schema.binding import OWN, Binding

Path = tuple[Any, ...] | None  # (the path before, key or index)


class _Gone:
    """Stands for an object that a null took with it."""


GONE = _Gone()


def as_list(path: Path) -> list[str | int]:
    """A path as the answer tells it."""
    steps: list[str | int] = []
    while path is not None:
        path, step = path
        steps.append(step)
    return steps[::-1]


class Run:
    """One run of a plan."""

    def __init__(self, ctx: Context, variables: VariableValues) -> None:
        self.ctx = ctx
        self.variables = variables
        self.errors: list[GraphQLError] = []

    async def root(self, selection: Selection) -> dict[str, Any] | None:
        """The answer's `data`."""
        (data,) = await self._objects(selection, [None], [None])
        return None if data is GONE else data

    async def _objects(
        self, selection: Selection, parents: Sequence[Any], paths: Sequence[Path]
    ) -> list[Any]:
        """The answer's object for each parent, or GONE."""
        outs: list[Any] = [None] * len(parents)
        records = [parent for parent in parents if isinstance(parent, Record)]
        left = selection.fields
        if len(records) == len(parents) and records:
            left = project(selection, records, outs)
        else:
            keys = dict.fromkeys(one.key for one in selection.fields)
            outs = [dict(keys) for _ in parents]
        columns = await self._columns(left, selection, parents, paths, records)
        for one, column in zip(left, columns, strict=True):
            for at, value in enumerate(column):
                if value is GONE:
                    outs[at] = GONE
                elif outs[at] is not GONE:
                    outs[at][one.key] = value
        return outs

    async def _columns(
        self,
        left: Sequence[PlannedField],
        selection: Selection,
        parents: Sequence[Any],
        paths: Sequence[Path],
        records: Sequence[Record],
    ) -> Sequence[Sequence[Any]]:
        """The fields' columns. What the records' own fields need is loaded for all of these fields at once."""
        names = {one.key: one.binding.name for one in left if one.binding and one.binding.level is None}
        wanted = [name for name in names.values() if name not in OWN]
        loading = asyncio.ensure_future(prepared(records, wanted)) if wanted and records else None

        async def column(one: PlannedField) -> Sequence[Any]:
            if loading is not None and one.key in names:
                await asyncio.wait([loading])
            return await self._column(one, selection, parents, paths)

        try:
            return await together([column(one) for one in left])
        finally:
            if loading is not None:
                loading.cancel()

    async def _column(
        self, one: PlannedField, selection: Selection, parents: Sequence[Any], paths: Sequence[Path]
    ) -> Sequence[Any]:
        """One field's completed value for each parent."""
        if one.binding is None or one.shape is None:
            return [selection.type.name] * len(parents)
        places: list[Path] = [(path, one.key) for path in paths]
        try:
            values = await self._values(one, one.binding, parents)
        except Exception as exc:  # noqa: BLE001 (told in each place, and the rest of the answer stands)
            values = [exc] * len(parents)
        settled: list[Any] = []
        for value, place in zip(values, places, strict=True):
            if value is None or isinstance(value, BaseException) or not isinstance(value, _PLAIN):
                settled.append(self._settled(one, one.binding, value, place))
            else:
                settled.append(value)
        return await self._complete(one, one.shape, settled, places)

    def _settled(self, one: PlannedField, binding: Binding, value: Any, place: Path) -> Any:
        try:
            return binding.settled(value, self.ctx, lambda: as_list(place))
        except Exception as exc:  # noqa: BLE001
            return self._failed(one, exc, place)

    def _failed(self, one: PlannedField, exc: Exception, place: Path) -> "_Failure":
        self.errors.append(located_error(exc, list(one.nodes), as_list(place)))
        return _FAILED

    async def _values(self, one: PlannedField, binding: Binding, parents: Sequence[Any]) -> Sequence[Any]:
        """What is found for each parent: values, or the exceptions that kept them away."""
        args = one.args(self.variables)
        if binding.level is not None:
            return await binding.level(self.ctx, parents, args)
        at = [binding.record_of(parent) for parent in parents]
        await self._prepare(at)
        values = [
            _plain(binding, parent) if place is None else binding.read(*place)
            for parent, place in zip(parents, at, strict=True)
        ]
        waiting = [index for index, value in enumerate(values) if inspect.isawaitable(value)]
        if waiting:
            come = await asyncio.gather(*(values[index] for index in waiting), return_exceptions=True)
            for index, value in zip(waiting, come, strict=True):
                values[index] = value
        return values

    async def _prepare(self, at: Sequence[tuple[Record, str] | None]) -> None:
        by_name: defaultdict[str, list[Record]] = defaultdict(list)
        for found in at:
            if found is not None and found[1] not in OWN and not found[0].ready(found[1]):
                by_name[found[1]].append(found[0])
        await together([prepared(records, (name,)) for name, records in by_name.items()])

    async def _complete(
        self, one: PlannedField, shape: Shape, values: Sequence[Any], places: Sequence[Path]
    ) -> list[Any]:
        """Values as the answer has them, in the shape of their type."""
        if shape.serialize is not None:
            done = [
                self._leaf(one, shape.serialize, value, place)
                for value, place in zip(values, places, strict=True)
            ]
        elif shape.items is not None:
            done = await self._lists(one, shape.items, values, places)
        else:
            done = await self._nested(shape, values, places)
        if not shape.required:
            return [None if value is GONE or value is _FAILED else value for value in done]
        return [self._required(one, value, place) for value, place in zip(done, places, strict=True)]

    def _required(self, one: PlannedField, value: Any, place: Path) -> Any:
        if value is None:
            self.errors.append(
                GraphQLError(
                    f"Cannot return null for non-nullable field {one.nodes[0].name.value}.",
                    list(one.nodes),
                    path=as_list(place),
                )
            )
            return GONE
        return GONE if value is _FAILED else value

    def _leaf(self, one: PlannedField, serialize: Callable[[Any], Any], value: Any, place: Path) -> Any:
        if value is None or value is _FAILED:
            return value
        try:
            return serialize(value)
        except Exception as exc:  # noqa: BLE001
            return self._failed(one, exc, place)

    async def _lists(
        self, one: PlannedField, items: Shape, values: Sequence[Any], places: Sequence[Path]
    ) -> list[Any]:
        """Lists: the items of all of them are completed together."""
        flat: list[Any] = []
        flat_places: list[Path] = []
        lengths: list[int | None] = []
        for value, place in zip(values, places, strict=True):
            if value is None or value is _FAILED:
                lengths.append(None)
                continue
            lengths.append(len(value))
            for index, item in enumerate(value):
                item_place = (place, index)
                flat.append(self._failed(one, item, item_place) if isinstance(item, Exception) else item)
                flat_places.append(item_place)
        completed = iter(await self._complete(one, items, flat, flat_places))
        done: list[Any] = []
        for value, length in zip(values, lengths, strict=True):
            if length is None:
                done.append(value)
                continue
            inner = [next(completed) for _ in range(length)]
            done.append(GONE if GONE in inner else inner)
        return done

    async def _nested(self, shape: Shape, values: Sequence[Any], places: Sequence[Path]) -> list[Any]:
        """Objects: those of one type together."""
        done: list[Any] = list(values)
        by_type: defaultdict[str, list[int]] = defaultdict(list)
        only = next(iter(shape.selections)) if not shape.abstract else None
        for at, value in enumerate(values):
            if value is not None and value is not _FAILED:
                by_type[only or type_name_of(value)].append(at)

        async def of_type(name: str, indices: list[int]) -> None:
            found = await self._objects(
                shape.selections[name], [values[at] for at in indices], [places[at] for at in indices]
            )
            for at, value in zip(indices, found, strict=True):
                done[at] = value

        await together([of_type(name, indices) for name, indices in by_type.items()])
        return done


def _plain(binding: Binding, parent: Any) -> Any:
    try:
        return binding.plain(parent)
    except Exception as exc:  # noqa: BLE001 (told in the value's place)
        return exc


class _Failure:
    """Stands for a value whose error has been told."""


_FAILED = _Failure()
_PLAIN = (str, int, float, Record)
