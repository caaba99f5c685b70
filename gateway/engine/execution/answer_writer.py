"""Writing of an operation's `data` as JSON: in pieces, giving way in between, and no longer than an answer may be."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
from graphql import GraphQLError, located_error

from gateway.concurrency.time_slice import ROWS, TimeSlice
from gateway.engine.encoder import ENCODER
from gateway.engine.execution.executor import Path, as_list
from gateway.engine.execution.plan import PlannedField, Selection, Shape
from gateway.errors import TooComplex

#: Objects of a list that are encoded at once.
_CHUNK = 200
#: Depth of the objects that are written field by field: the root, and the connections in it.
_DEPTH = 2


class AnswerWriter:
    """
    Writer of one answer, which may be written in several parts, one after the other. `errors` are those of the fields
    that were left out because it is too long, `room` the bytes that are left.
    """

    def __init__(self, time_slice: TimeSlice, *, max_bytes: int) -> None:
        self.errors: list[GraphQLError] = []
        self.room = max_bytes
        self._time_slice = time_slice
        self._max_bytes = max_bytes
        self._written = bytearray()

    async def write(
        self, selection: Selection, data: Mapping[str, Any], path: Path = None
    ) -> msgspec.Raw | None:
        """
        The JSON of the data of one part, at a path. If it is too long, the fields that do not fit are null; None if all
        of it is.
        """
        self._written = bytearray()
        if not await self._write_all(data, _DEPTH):
            self._written.clear()
            if type(data) is not dict:
                self.errors.append(located_error(self._error, None, as_list(path)))
                return None
            if not await self._write_object(selection, data, path):
                return None
        self.room -= len(self._written)
        return msgspec.Raw(self._written)

    @cached_property
    def _error(self) -> TooComplex:
        return TooComplex(
            f"This operation's answer would be longer than {self._max_bytes} bytes: ask for smaller pages or fewer "
            "fields, or raise GATEWAY_LIMITS__ANSWER_BYTES."
        )

    async def _write_all(self, value: Any, depth: int) -> bool:
        """Write a value as it is. False as soon as it is too long."""
        if depth and type(value) is dict:
            opening = b"{"
            for key, item in value.items():
                self._written += opening
                ENCODER.encode_into(key, self._written, -1)
                self._written += b":"
                if not await self._write_all(item, depth - 1):
                    return False
                opening = b","
            self._written += b"}" if value else b"{}"
            return len(self._written) <= self.room
        if type(value) is list and len(value) > _CHUNK:
            return await self._write_list(value)
        ENCODER.encode_into(value, self._written, -1)
        return len(self._written) <= self.room

    async def _write_list(self, items: Sequence[Any]) -> bool:
        opening = b"["
        for start in range(0, len(items), _CHUNK):
            self._written += opening + ENCODER.encode(items[start : start + _CHUNK])[1:-1]
            if len(self._written) > self.room:
                return False
            await self._time_slice.pause(_CHUNK)
            opening = b","
        self._written += b"]"
        return len(self._written) <= self.room

    async def _write_object(self, selection: Selection, value: Any, path: Path) -> bool:
        """Write an object as far as it fits. False if it has to be null, because a required field does not fit."""
        fields = {field.key: field for field in selection.fields}
        await self._time_slice.pause(ROWS // _CHUNK)
        opening = b"{"
        for key, item in value.items():
            self._written += opening
            opening = b","
            ENCODER.encode_into(key, self._written, -1)
            self._written += b":"
            field = fields[key]
            if field.shape is None:
                ENCODER.encode_into(item, self._written, -1)
            elif not await self._write_value(field, field.shape, item, (path, key)):
                return False
        self._written += b"}" if value else b"{}"
        return True

    async def _write_value(self, field: PlannedField, shape: Shape, value: Any, path: Path) -> bool:
        """Write a value, or null in its place if it does not fit and may be null. False if it may not."""
        begin = len(self._written)
        if value is not None and shape.items is not None and shape.items.selections:
            is_written = await self._write_items(field, shape.items, value, path)
        elif type(value) is dict and shape.selections and not shape.abstract:
            (selection,) = shape.selections.values()
            is_written = await self._write_object(selection, value, path)
        else:
            is_written = await self._write_all(value, 0)
            if not is_written:
                self.errors.append(located_error(self._error, list(field.nodes), as_list(path)))
        if is_written:
            return True
        del self._written[begin:]
        self._written += b"" if shape.required else b"null"
        return not shape.required

    async def _write_items(
        self, field: PlannedField, items: Shape, values: Sequence[Any], path: Path
    ) -> bool:
        self._written += b"["
        for index, value in enumerate(values):
            self._written += b"," if index else b""
            if not await self._write_value(field, items, value, (path, index)):
                return False
        self._written += b"]"
        return True
