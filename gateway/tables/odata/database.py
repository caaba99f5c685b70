"""
The DuckDB connection of OData: one for each worker, made at the first query, with one query at a time, in a thread. A
query that is not waited for any more is interrupted, and the connection goes on.
"""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gateway.tables.duck import connect
from gateway.tables.odata.refusal import ODataRefusal, bad_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from duckdb import DuckDBPyConnection

_Result = TypeVar("_Result")

_MEMORY = "128MB"
_INTERRUPT_AGAIN_SECONDS = 0.05


class SnapshotDatabase:
    """Runs queries over the files below `folder`, and over no others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = asyncio.Lock()
        self._resources = ExitStack()
        self._connection: DuckDBPyConnection | None = None

    async def run(self, work: "Callable[[DuckDBPyConnection], _Result]") -> _Result:
        """
        The result of `work`, which runs in a thread. Cancelling interrupts it, and waits until its thread is free.

        Raises ODataRefusal if its data do not allow the query; OSError.
        """
        async with self._turn:
            thread = asyncio.ensure_future(asyncio.to_thread(self._work, work))
            try:
                return await asyncio.shield(thread)
            except asyncio.CancelledError:
                while not thread.done():
                    # An interrupt that comes before the query has begun is lost.
                    if self._connection is not None:
                        self._connection.interrupt()
                    await asyncio.wait({thread}, timeout=_INTERRUPT_AGAIN_SECONDS)
                thread.exception()  # is retrieved: nobody waits for it
                raise

    async def close(self) -> None:
        """Close the connection, after the query that is under way."""
        async with self._turn:
            self._connection = None
            self._resources.close()

    def _work(self, work: "Callable[[DuckDBPyConnection], _Result]") -> _Result:
        import duckdb  # noqa: PLC0415

        if self._connection is None:
            self._connection = self._resources.enter_context(connect(self._folder, memory=_MEMORY))
        try:
            return work(self._connection)
        except duckdb.OutOfMemoryException as exc:
            raise ODataRefusal(
                413, "TooLarge", "The query takes more memory than there is for it: ask for less at once."
            ) from exc
        except duckdb.IOException as exc:
            raise OSError(None, "a snapshot's file cannot be read") from exc
        except (duckdb.FatalException, duckdb.InternalError):
            # Such a connection answers nothing more.
            self._connection = None
            self._resources.close()
            raise
        except (
            duckdb.BinderException,
            duckdb.DataError,
            duckdb.InvalidInputException,
            duckdb.NotSupportedError,
        ) as exc:
            # An overflow, a sum beyond all digits, an operator without a meaning for its operands.
            raise bad_request("The expression cannot be computed over these values.") from exc
