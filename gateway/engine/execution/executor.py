"""
Executor of a plan, level by level: all parents of a level together, a relation's resolver once for all of them.

Values are columns: for each field, one value a parent. Null in a non-null field nulls its object (`NULLED`): error
propagation of the GraphQL specification, section 6.4.4. Errors carry the path of their value.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from itertools import repeat
from operator import attrgetter
from types import CoroutineType, NoneType
from typing import Any, NamedTuple, overload

from graphql import GraphQLError, located_error

from gateway.concurrency.gather import gather
from gateway.connector.lists.merge import MergedPage
from gateway.connector.records.column_reader import RecordGroups
from gateway.connector.records.record import NestedObject, Record, group_by_resource
from gateway.connector.records.rows import LazyRecords, owners_of, records_at
from gateway.engine.execution.argument_values import ArgumentValues
from gateway.engine.execution.plan import DeferredFragment, PlannedField, Selection, Shape
from gateway.engine.execution.projection import objects
from gateway.engine.execution.refused_field import refused_value
from gateway.engine.graphql_errors import COUNT, EQUAL_ERRORS
from resolvers.context import RequestContext
from resolvers.links import hydrate_records
from schema.bind import type_name_of
from schema.binding import OWN, Binding, ErrorReporter

Path = tuple[Any, ...] | None  # (the path before, key or index)


class _NulledObject:
    """Sentinel for an object that is null because of a non-null field in it."""


NULLED = _NulledObject()


def as_list(path: Path) -> list[str | int]:
    """A path as the response has it: keys and indices from the root."""
    steps: list[str | int] = []
    while path is not None:
        path, step = path
        steps.append(step)
    return steps[::-1]


class _ItemPaths(Sequence[Path]):
    """Paths of the items of one list: most of them nobody asks for."""

    def __init__(self, path: Path, length: int) -> None:
        self._path = path
        self._indices = range(length)

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> Path: ...
    @overload
    def __getitem__(self, index: slice) -> list[Path]: ...
    def __getitem__(self, index: int | slice) -> Path | list[Path]:
        if isinstance(index, slice):
            return [(self._path, item) for item in self._indices[index]]
        return (self._path, self._indices[index])

    def __iter__(self) -> Iterator[Path]:
        return zip(repeat(self._path), self._indices, strict=False)


class _FieldError(NamedTuple):
    field: PlannedField
    cause: Exception
    path: Path


class DeferredObjects(NamedTuple):
    """Objects of which a fragment is answered later."""

    fragment: DeferredFragment
    parents: Sequence[Any]
    paths: Sequence[Path]


class LevelExecutor:
    """One execution of a plan, which collects what is `deferred` in it."""

    def __init__(
        self, ctx: RequestContext, arguments: ArgumentValues, reporter: ErrorReporter | None = None
    ) -> None:
        """Errors beside values are reported to `reporter`, by default the context."""
        self.ctx = ctx
        self.arguments = arguments
        self.deferred: list[DeferredObjects] = []
        self._reporter = ctx if reporter is None else reporter
        self._errors: list[_FieldError] = []

    def errors(self) -> list[GraphQLError]:
        """The errors of the fields; of many equal ones of a field the first, the last of them with their number."""
        if not self._errors:
            return []
        groups: defaultdict[tuple[int, type[Exception], str], list[_FieldError]] = defaultdict(list)
        for error in self._errors:
            groups[id(error.field), type(error.cause), str(error.cause)].append(error)
        return [error for group in groups.values() for error in _located(group)]

    async def root(self, selection: Selection) -> dict[str, Any] | None:
        """The response's `data`."""
        self.ctx.has_single_root_field = len(selection.fields) == 1 and not selection.deferred
        (data,) = await self.objects(selection, [None], [None])
        return None if data is NULLED else data

    async def objects(self, selection: Selection, parents: Sequence[Any], paths: Sequence[Path]) -> list[Any]:
        """The response's object for each parent, or NULLED."""
        if selection.deferred:
            self.deferred += [DeferredObjects(fragment, parents, paths) for fragment in selection.deferred]
        if type(parents) is LazyRecords or isinstance(parents[0], Record):
            return await self._record_objects(selection, parents, paths)
        outs: list[Any] = [dict.fromkeys(selection.keys) for _ in parents]
        columns = await gather([self._column(field, selection, parents, paths) for field in selection.fields])
        await self._set_columns(outs, selection.fields, columns)
        return outs

    async def _record_objects(
        self, selection: Selection, records: Sequence[Record], paths: Sequence[Path]
    ) -> list[Any]:
        """The same for records: the fields of their own by source and resource, beside those with a resolver."""
        groups, resolved = group_by_resource(owners_of(records)), selection.resolved
        columns: list[Coroutine[Any, Any, Sequence[Any]]] = [
            self._column(field, selection, records, paths) for field in resolved
        ]
        own = [self._own_fields(selection, records, paths, indices) for indices in groups]
        results: list[Any] = await gather([*columns, *own])
        outs: list[Any] = results[-1] if len(groups) == 1 else [None] * len(records)
        for indices, own_outs in zip(groups, results[len(resolved) :], strict=True):
            for index, out in zip(indices, own_outs, strict=True) if own_outs is not outs else ():
                outs[index] = out
        await self._set_columns(outs, resolved, results[: len(resolved)])
        return outs

    async def _own_fields(
        self, selection: Selection, parents: Sequence[Record], paths: Sequence[Path], indices: Sequence[int]
    ) -> list[Any]:
        """The objects of the records at `indices`, which are of one source and resource, with their own fields."""
        if len(indices) > _FEW:
            await self.ctx.time_slice.pause(len(indices))
        records = distinct = records_at(parents, indices)
        if type(records) is not LazyRecords:  # a page has each record once
            # Many parents may lead to the same record: it is read once.
            distinct = list(dict.fromkeys(records))
        outs, remaining = await objects(selection, distinct)
        if distinct is not records and len(distinct) < len(records):
            out_of = dict(zip(distinct, outs, strict=True))
            outs = [out_of[record] for record in records]
        if remaining:
            own_paths = [paths[index] for index in indices]
            columns = await gather(
                [self._column(field, selection, records, own_paths) for field in remaining]
            )
            await self._set_columns(outs, remaining, columns)
        return outs

    async def _set_columns(
        self, outs: list[Any], fields: Sequence[PlannedField], columns: Sequence[Sequence[Any]]
    ) -> None:
        for field, column in zip(fields, columns, strict=True):
            _set_column(outs, field.key, column)
            if len(outs) > _FEW:
                await self.ctx.time_slice.pause(len(outs))

    async def _column(
        self, field: PlannedField, selection: Selection, parents: Sequence[Any], paths: Sequence[Path]
    ) -> Sequence[Any]:
        """One field's completed value for each parent."""
        if field.binding is None or field.shape is None:
            return [selection.typename] * len(parents)
        if field.refusal is not None:
            value = refused_value(field.binding, field.shape)
            refused_paths: list[Path] = [(path, field.key) for path in paths]
            return await self._complete(
                field, field.shape, [_FAILED if value is None else value] * len(parents), refused_paths
            )
        if weight := _weight(parents):
            await self.ctx.time_slice.pause(weight)
        field_paths: list[Path] = [(path, field.key) for path in paths]
        try:
            values = await self._values(field, field.binding, parents)
        except Exception as exc:  # noqa: BLE001 (an error for each parent: the rest of the data is unaffected)
            values = [exc] * len(parents)
        if not _COMPLETE_TYPES.issuperset(map(type, values)):
            values = [
                value
                if type(value) in _COMPLETE_TYPES
                else self._completed_value(field, field.binding, value, path)
                for value, path in zip(values, field_paths, strict=True)
            ]
        return await self._complete(field, field.shape, values, field_paths)

    def _completed_value(self, field: PlannedField, binding: Binding, value: Any, path: Path) -> Any:
        try:
            return binding.complete_value(value, self._reporter, lambda: as_list(path))
        except Exception as exc:  # noqa: BLE001
            return self._record_error(field, exc, path)

    def _record_error(self, field: PlannedField, exc: Exception, path: Path) -> "_FieldFailure":
        self._errors.append(_FieldError(field, exc, path))
        return _FAILED

    async def _values(self, field: PlannedField, binding: Binding, parents: Sequence[Any]) -> Sequence[Any]:
        """A value or an exception for each parent, not completed yet."""
        args = self.arguments.of(field)
        if binding.level is not None:
            return await binding.level(self.ctx, parents, args)
        if not _OF_RECORDS.isdisjoint(map(type, parents)):
            return await self._record_values(binding, parents)
        values: list[Any] = []
        # A page may have to make the cursors of all of its records.
        for start in range(0, len(parents), _PAGES):
            if start:
                await self.ctx.time_slice.pause(_PAGES)
            values += [_read_attribute(binding, parent) for parent in parents[start : start + _PAGES]]
        waiting = [index for index, value in enumerate(values) if isinstance(value, _AWAITABLE)]
        if waiting:
            results = await asyncio.gather(*(values[index] for index in waiting), return_exceptions=True)
            for index, value in zip(waiting, results, strict=True):
                values[index] = value
        return values

    async def _record_values(self, binding: Binding, parents: Sequence[Any]) -> Sequence[Any]:
        """The values of records' fields, and of the fields of objects nested in records."""
        values: list[Any] = [None] * len(parents)
        by_name = _group_by_name([binding.record_of(parent) for parent in parents])
        await gather(
            [hydrate_records(records, (name,)) for name, (_, records) in by_name.items() if name not in OWN]
        )
        for name, (indices, records) in by_name.items():
            column = RecordGroups(records).read(partial(binding.read_all, name=name))
            for index, value in zip(indices, column, strict=True):
                values[index] = value
        return values

    async def _complete(
        self, field: PlannedField, shape: Shape, values: Sequence[Any], paths: Sequence[Path]
    ) -> list[Any]:
        """Completed values: serialized leaves, lists, and objects (section 6.4.3 of the specification)."""
        if shape.serialize is not None:
            completed = [
                self._leaf(field, shape.serialize, value, path)
                for value, path in zip(values, paths, strict=True)
            ]
        elif shape.items is not None:
            completed = await self._lists(field, shape.items, values, paths)
        else:
            completed = await self._nested(shape, self._within_budget(field, values, paths), paths)
        return self._nulls(field, shape, completed, paths)

    def _nulls(
        self, field: PlannedField, shape: Shape, completed: list[Any], paths: Sequence[Path]
    ) -> list[Any]:
        """Completed values with nulls as the shape allows them."""
        if _INCOMPLETE.isdisjoint(map(type, completed)):
            return completed
        if not shape.required:
            return [None if value is NULLED or value is _FAILED else value for value in completed]
        return [self._required(field, value, path) for value, path in zip(completed, paths, strict=True)]

    def _required(self, field: PlannedField, value: Any, path: Path) -> Any:
        if value is None:
            message = f"Cannot return null for non-nullable field {field.nodes[0].name.value}."
            self._record_error(field, GraphQLError(message), path)
            return NULLED
        return NULLED if value is _FAILED else value

    def _leaf(self, field: PlannedField, serialize: Callable[[Any], Any], value: Any, path: Path) -> Any:
        if value is None or value is _FAILED:
            return value
        try:
            return serialize(value)
        except Exception as exc:  # noqa: BLE001
            return self._record_error(field, exc, path)

    async def _lists(
        self, field: PlannedField, items: Shape, values: Sequence[Any], paths: Sequence[Path]
    ) -> list[Any]:
        """Completed lists: the items of all of them are completed together."""
        if items.selections:
            values = self._within_budget(field, values, paths)
        flat, flat_paths = self._items(field, values, paths)
        if len(flat) > _FEW:
            await self.ctx.time_slice.pause(len(flat))
        if items.selections:
            completed = self._nulls(field, items, await self._nested(items, flat, flat_paths), flat_paths)
        else:
            completed = await self._complete(field, items, flat, flat_paths)
        lists: list[Any] = []
        start = 0
        for value in values:
            if value is None or value is _FAILED:
                lists.append(value)
                continue
            items_of_list = completed[start : start + len(value)]
            start += len(value)
            lists.append(NULLED if _NulledObject in map(type, items_of_list) else items_of_list)
        return lists

    def _items(
        self, field: PlannedField, values: Sequence[Any], paths: Sequence[Path]
    ) -> tuple[Sequence[Any], Sequence[Path]]:
        """The items of all lists, with their paths; the errors among them are recorded."""
        if len(values) == 1 and type(values[0]) is LazyRecords:
            return values[0], _ItemPaths(paths[0], len(values[0]))
        flat: list[Any] = []
        flat_paths: list[Path] = []
        for value, path in zip(values, paths, strict=True):
            if value is not None and value is not _FAILED:
                flat += value
                flat_paths += [(path, index) for index in range(len(value))]
        if any(issubclass(type_, Exception) for type_ in set(map(type, flat))):
            flat = [
                self._record_error(field, item, path) if isinstance(item, Exception) else item
                for item, path in zip(flat, flat_paths, strict=True)
            ]
        return flat, flat_paths

    def _within_budget(
        self, field: PlannedField, values: Sequence[Any], paths: Sequence[Path]
    ) -> Sequence[Any]:
        """The objects, or lists of them, that the operation may still build; a failure in the place of the others."""
        first = values[0] if values else None
        if type(first) in _NULLS:
            first = next((value for value in values if type(value) not in _NULLS), None)
        if first is None:
            return values
        are_records = type(first) is LazyRecords or isinstance(first, Record)
        if type(first) is LazyRecords or isinstance(first, list | tuple):
            sizes: Sequence[int] = [0 if type(value) in _NULLS else len(value) for value in values]
            if not are_records:
                item = next((value[0] for value, size in zip(values, sizes, strict=True) if size), None)
                are_records = isinstance(item, Record)
        elif _NULLS.isdisjoint(map(type, values)):
            sizes = (1,) * len(values)
        else:
            sizes = [0 if type(value) in _NULLS else 1 for value in values]
        budget = self.ctx.built if are_records else self.ctx.entries
        total = sum(sizes)
        remaining = budget.take(total)
        if remaining == total:
            return values
        affordable: list[Any] = []
        for value, size, path in zip(values, sizes, paths, strict=True):
            is_affordable = size <= remaining
            remaining = remaining - size if is_affordable else 0
            affordable.append(value if is_affordable else self._record_error(field, budget.error, path))
        return affordable

    async def _nested(self, shape: Shape, values: Sequence[Any], paths: Sequence[Path]) -> list[Any]:
        """Completed objects: those of one type together."""
        are_records = type(values) is LazyRecords
        if not shape.abstract and values and (are_records or _NULLS.isdisjoint(map(type, values))):
            (selection,) = shape.selections.values()
            return await self.objects(selection, values, paths)
        completed: list[Any] = list(values)
        by_type: defaultdict[str, list[int]] = defaultdict(list)
        only_type = next(iter(shape.selections)) if not shape.abstract else None
        for index, value in enumerate(values):
            if value is not None and value is not _FAILED:
                by_type[only_type or type_name_of(value)].append(index)

        async def of_type(name: str, indices: list[int]) -> None:
            nested = await self.objects(
                shape.selections[name],
                [values[index] for index in indices],
                [paths[index] for index in indices],
            )
            for index, value in zip(indices, nested, strict=True):
                completed[index] = value

        await gather([of_type(name, indices) for name, indices in by_type.items()])
        return completed


def _located(equal: Sequence[_FieldError]) -> list[GraphQLError]:
    """Equal errors of one field as GraphQL has them: the first by path. If others are left out, each has `count`."""
    field, cause, _ = equal[0]
    paths = sorted(as_list(error.path) for error in equal)[:EQUAL_ERRORS]
    errors = [located_error(cause, list(field.nodes), path) for path in paths]
    if len(equal) > len(paths):
        for error in errors:
            error.extensions = {**(error.extensions or {}), COUNT: len(equal)}
    return errors


def _set_column(outs: list[Any], key: str, column: Sequence[Any]) -> None:
    """Set a field in all objects; NULLED nulls its object."""
    for index, value in enumerate(column):
        if value is NULLED:
            outs[index] = NULLED
        elif outs[index] is not NULLED:
            outs[index][key] = value


def _weight(parents: Sequence[Any]) -> int:
    """The rows that the work on a field takes as long as: a page's may need all of its rows. 0 if they are few."""
    if type(parents) is not LazyRecords and isinstance(parents[0], MergedPage):
        return sum(map(_SIZE, parents))
    return len(parents) if len(parents) > _FEW else 0


def _read_attribute(binding: Binding, parent: Any) -> Any:
    try:
        return binding.read_object(parent)
    except Exception as exc:  # noqa: BLE001 (stands for the value)
        return exc


def _group_by_name(targets: Sequence[tuple[Record, str] | None]) -> dict[str, tuple[list[int], list[Record]]]:
    """Indices and records of the (record, name) targets, by name."""
    groups: defaultdict[str, tuple[list[int], list[Record]]] = defaultdict(lambda: ([], []))
    for index, target in enumerate(targets):
        if target is not None:
            record, name = target
            indices, records = groups[name]
            indices.append(index)
            records.append(record)
    return groups


class _FieldFailure:
    """Sentinel for a value whose error is recorded."""


_FAILED = _FieldFailure()
_NULLS = frozenset({NoneType, _FieldFailure})
_INCOMPLETE = _NULLS | {_NulledObject}
#: The work on one field of so few parents takes less than a millisecond.
_FEW = 100
#: Pages are read in chunks of this many: each may have to make some hundred cursors.
_PAGES = 50
_COMPLETE_TYPES = frozenset({str, int, float, bool, Record})
#: Parents whose fields are read from records.
_OF_RECORDS = frozenset({Record, NestedObject})
_AWAITABLE = (CoroutineType, asyncio.Future)
_SIZE = attrgetter("size")
