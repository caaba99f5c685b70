"""Resources of a process that outlive its application, so that a reload of the settings loses none of them."""

import shutil
import tempfile
import weakref
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import strawberry

from gateway import vendors
from gateway.coordination.share_counts import ShareCounts
from gateway.coordination.write_coordination import WriteCoordination
from gateway.settings import Settings
from gateway.upstream.telemetry.metrics import Metrics
from gateway.upstream.telemetry.tracing import tracer
from schema.build import build_schema

if TYPE_CHECKING:
    from collections.abc import Hashable

    from gateway.upstream.dispatch.rate_limit import SlidingWindowLimiter


class ProcessResources:
    """
    The schema, metrics and traces, the rate limiters by account, the locks and idempotency keys of writes, the counts
    of callers' shares, and the private folder of tables: what applications that follow each other in one process share.
    `folder` is shared by the workers on this machine, if there is more than one.
    """

    def __init__(
        self,
        *,
        folder: Path | None = None,
        schema: strawberry.Schema | None = None,
        outlives_app: bool = True,
    ) -> None:
        self.folder = folder
        self._outlives_app = outlives_app
        self.metrics = Metrics(tracer())
        # imported only once there is an application to serve
        from gateway.edge.telemetry.process_telemetry import ProcessTelemetry  # noqa: PLC0415

        self.telemetry = ProcessTelemetry(self.metrics)
        self.limiters: dict[str, SlidingWindowLimiter] = {}
        self._given_schema = schema
        self._coordinations: dict[Hashable, WriteCoordination] = {}

    @cached_property
    def schema(self) -> strawberry.Schema:
        """The schema of the installed vendors."""
        return self._given_schema or build_schema(vendors.load().values())

    @cached_property
    def private_folder(self) -> Path:
        """A temporary folder for the tables' snapshots, which goes with this object."""
        private = tempfile.mkdtemp(prefix="asset-gateway-tables-")
        weakref.finalize(self, shutil.rmtree, private, ignore_errors=True)
        return Path(private)

    @cached_property
    def share_counts(self) -> ShareCounts:
        """The counts behind callers' shares."""
        return ShareCounts(self.folder)

    def coordination(self, settings: Settings) -> WriteCoordination:
        """The coordination of writes for these settings: the same one, unless its own settings differ."""
        key = (settings.limits.deadline_seconds, settings.cache.url)
        if key not in self._coordinations:
            seconds, url = key
            self._coordinations[key] = WriteCoordination(seconds=seconds, folder=self.folder, url=url)
        return self._coordinations[key]

    async def on_app_closed(self) -> None:
        """An application that uses them has been closed: close them with it unless others follow."""
        if not self._outlives_app:
            await self.close()

    async def close(self) -> None:
        """Close files and connections."""
        if "share_counts" in vars(self):
            self.share_counts.close()
        for coordination in self._coordinations.values():
            await coordination.close()
