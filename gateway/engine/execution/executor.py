"""
Runs a plan level by level: all parents of a level together, a relation's resolver once for all of them.

Values travel as columns: for each field, one value a parent. A value that may not be null and is takes its object with
it (`GONE`), as the GraphQL specification has it. Errors carry the path of their place.
"""

import asyncio
import inspect
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from types import NoneType
from typing import Any, NamedTuple

from graphql import GraphQLError, located_error
from graphql.execution.values import VariableValues

from gateway.concurrency.gather import gather
from gateway.connector.records.column_reader import RecordGroups
from gateway.connector.records.record import Record, group_by_resource
from gateway.engine.execution.plan import PlannedField, Selection, Shape
from gateway.engine.execution.projection import objects
from resolvers.context import RequestContext
from resolvers.links import hydrated
from schema.bind import type_name_of
from schema.binding import OWN, Binding

Path = tuple[Any, ...] | None  # (the path before, key or index)


class _Nulled:
    """Stands for an object that a null took with it."""


GONE = _Nulled()


def as_list(path: Path) -> list[str | int]:
    """A path as the answer tells it."""
    steps: list[str | int] = []
    while path is not None:
        path, step = path
        steps.append(step)
    return steps[::-1]


class _Own(NamedTuple):
    """What the records at some places tell by themselves: their objects, and columns that are to be put into them."""

    indices: Sequence[int]
    outs: Sequence[Any]
    columns: Sequence[tuple[PlannedField, Sequence[Any]]]


class LevelExecutor:
    """One run of a plan."""

    def __init__(self, ctx: RequestContext, variables: VariableValues) -> None:
        self.ctx = ctx
        self.variables = variables
        self.errors: list[GraphQLError] = []

    async def root(self, selection: Selection) -> dict[str, Any] | None:
        """The answer's `data`."""
        self.ctx.asks_one = len(selection.fields) == 1
        (data,) = await self._objects(selection, [None], [None])
        return None if data is GONE else data

    async def _objects(
        self, selection: Selection, parents: Sequence[Any], paths: Sequence[Path]
    ) -> list[Any]:
        """The answer's object for each parent, or GONE."""
        everywhere = range(len(parents))
        if not isinstance(parents[0], Record):
            keys = dict.fromkeys(one.key for one in selection.fields)
            outs: list[Any] = [dict(keys) for _ in parents]
            columns = await gather([self._column(one, selection, parents, paths) for one in selection.fields])
            for one, column in zip(selection.fields, columns, strict=True):
                _put(outs, everywhere, one.key, column)
            return outs
        outs = [None] * len(parents)
        related = [
            one for one in selection.fields if one.binding is not None and one.binding.level is not None
        ]
        waits: list[Coroutine[Any, Any, Any]] = [
            self._column(one, selection, parents, paths) for one in related
        ]
        owns = [self._own(selection, parents, paths, places) for places in group_by_resource(parents)]
        found: list[Any] = await gather([*waits, *owns])
        columns, parts = found[: len(waits)], found[len(waits) :]
        for part in parts:
            for at, out in zip(part.indices, part.outs, strict=True):
                outs[at] = out
            for one, column in part.columns:
                _put(outs, part.indices, one.key, column)
        for one, column in zip(related, columns, strict=True):
            _put(outs, everywhere, one.key, column)
        return outs

    async def _own(
        self, selection: Selection, parents: Sequence[Any], paths: Sequence[Path], places: Sequence[int]
    ) -> "_Own":
        """The objects of records of one source and resource, and columns of what is no leaf."""
        records = [parents[at] for at in places]
        # Many may point at the same record: it is read once.
        distinct = list(dict.fromkeys(records))
        outs, left = await objects(selection, distinct)
        if len(distinct) < len(records):
            told = dict(zip(distinct, outs, strict=True))
            outs = [told[record] for record in records]
        at = [paths[place] for place in places] if left else ()
        columns = await gather([self._column(one, selection, records, at) for one in left])
        return _Own(places, outs, tuple(zip(left, columns, strict=True)))

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
        if not all(issubclass(kind, _PLAIN) for kind in set(map(type, values))):
            values = [
                value if isinstance(value, _PLAIN) else self._settled(one, one.binding, value, place)
                for value, place in zip(values, places, strict=True)
            ]
        return await self._complete(one, one.shape, values, places)

    def _settled(self, one: PlannedField, binding: Binding, value: Any, place: Path) -> Any:
        try:
            return binding.complete_value(value, self.ctx, lambda: as_list(place))
        except Exception as exc:  # noqa: BLE001
            return self._failed(one, exc, place)

    def _failed(self, one: PlannedField, exc: Exception, place: Path) -> "_FieldFailure":
        self.errors.append(located_error(exc, list(one.nodes), as_list(place)))
        return _FAILED

    async def _values(self, one: PlannedField, binding: Binding, parents: Sequence[Any]) -> Sequence[Any]:
        """What is found for each parent: values, or the exceptions that kept them away."""
        args = one.args(self.variables)
        if binding.level is not None:
            return await binding.level(self.ctx, parents, args)
        at = [binding.record_of(parent) for parent in parents]
        values: list[Any] = [
            _plain(binding, parent) if place is None else None
            for parent, place in zip(parents, at, strict=True)
        ]
        named = _by_name(at)
        await gather([hydrated(records, (name,)) for name, (_, records) in named.items() if name not in OWN])
        for name, (places, records) in named.items():
            column = RecordGroups(records).read(partial(binding.read_all, name=name))
            for index, value in zip(places, column, strict=True):
                values[index] = value
        waiting = [index for index, value in enumerate(values) if inspect.isawaitable(value)]
        if waiting:
            come = await asyncio.gather(*(values[index] for index in waiting), return_exceptions=True)
            for index, value in zip(waiting, come, strict=True):
                values[index] = value
        return values

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
        if _ODD.isdisjoint(map(type, done)):
            return done
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
        for value, place in zip(values, places, strict=True):
            if value is not None and value is not _FAILED:
                flat += value
                flat_places += [(place, index) for index in range(len(value))]
        if any(issubclass(kind, Exception) for kind in set(map(type, flat))):
            flat = [
                self._failed(one, item, place) if isinstance(item, Exception) else item
                for item, place in zip(flat, flat_places, strict=True)
            ]
        completed = await self._complete(one, items, flat, flat_places)
        done: list[Any] = []
        start = 0
        for value in values:
            if value is None or value is _FAILED:
                done.append(value)
                continue
            inner = completed[start : start + len(value)]
            start += len(value)
            done.append(GONE if _Nulled in map(type, inner) else inner)
        return done

    async def _nested(self, shape: Shape, values: Sequence[Any], places: Sequence[Path]) -> list[Any]:
        """Objects: those of one type together."""
        if not shape.abstract and values and _NOTHING.isdisjoint(map(type, values)):
            (selection,) = shape.selections.values()
            return await self._objects(selection, values, places)
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

        await gather([of_type(name, indices) for name, indices in by_type.items()])
        return done


def _put(outs: list[Any], places: Sequence[int], key: str, column: Sequence[Any]) -> None:
    """Set a field in the objects; what may not be null and is takes its object with it."""
    for at, value in zip(places, column, strict=True):
        if value is GONE:
            outs[at] = GONE
        elif outs[at] is not GONE:
            outs[at][key] = value


def _plain(binding: Binding, parent: Any) -> Any:
    try:
        return binding.plain(parent)
    except Exception as exc:  # noqa: BLE001 (told in the value's place)
        return exc


def _by_name(at: Sequence[tuple[Record, str] | None]) -> dict[str, tuple[list[int], list[Record]]]:
    """The places at which a record is read by each name, and the records."""
    found: defaultdict[str, tuple[list[int], list[Record]]] = defaultdict(lambda: ([], []))
    for index, place in enumerate(at):
        if place is not None:
            record, name = place
            places, records = found[name]
            places.append(index)
            records.append(record)
    return found


class _FieldFailure:
    """Stands for a value whose error has been told."""


_FAILED = _FieldFailure()
_NOTHING = frozenset({NoneType, _FieldFailure})
_ODD = _NOTHING | {_Nulled}
_PLAIN = (str, int, float, Record)
