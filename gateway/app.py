"""Composition root of the gateway: the only module that wires its parts."""

import asyncio
import dataclasses
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import strawberry
from cachetools import LRUCache
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Route

from gateway import vendors
from gateway.access import Authenticator
from gateway.access.audit import OperationAudit
from gateway.access.audit_sinks import audit_faults, open_audit
from gateway.access.fair_shares import FairShares, limiting_policy
from gateway.access.policy import ConfiguredRoles, Policy, rights_by
from gateway.access.role_check import role_faults
from gateway.concurrency.time_slice import TimeSlice
from gateway.connector.fetching.check import check
from gateway.connector.fetching.probe import ProbeResult, probe
from gateway.connector.fetching.source import Source
from gateway.coordination.file_epochs import FileEpochs
from gateway.coordination.write_coordination import WriteCoordination
from gateway.edge.graphiql.page import Tab
from gateway.edge.health import SourceStatus
from gateway.edge.metrics import metrics_route
from gateway.edge.middleware.auth import caller_of
from gateway.edge.middleware.paths import prefix_of
from gateway.edge.qr_codes import picture_route
from gateway.edge.routes import SubgraphService, edge_app
from gateway.edge.tables.endpoint import TableEndpoint
from gateway.edge.tables.index import TableIndex
from gateway.edge.tables.odata.endpoint import ODataEndpoint
from gateway.engine.documents.subgraph_names import SubgraphNames
from gateway.engine.engine import Engine
from gateway.engine.execution.role_words import role_words
from gateway.engine.explain.subgraph import weighed_sdl
from gateway.engine.request import REQUEST_ID
from gateway.identity import Decisions, InvalidDecisions
from gateway.identity.catalog import MatchingCatalog
from gateway.identity.decision_watch import DecisionWatch
from gateway.live.feed import AssetFeed
from gateway.live.poll_contexts import poll_contexts
from gateway.process_resources import ProcessResources
from gateway.settings import RoleSettings, Settings, SettingsError, SourceKeys, env_name, load
from gateway.settings.model import FederationSettings
from gateway.tables.caller.table_view import TableViews
from gateway.tables.counts import KeptCounter
from gateway.tables.derivation import tables
from gateway.tables.exposition import table_metrics
from gateway.tables.fillers import Filler, FillerProcess, FillerTask
from gateway.tables.reference_cache import ReferenceCache
from gateway.tables.requests import FillRequests
from gateway.tables.run import FillRun
from gateway.tables.service import TableService
from gateway.tables.setup import SnapshotFolder, fill_contexts, freshness_policy, lend_rates, shared_out
from gateway.tables.store import SnapshotStore
from gateway.upstream.caching.cache import Cache, LocalCache
from gateway.upstream.caching.valkey_cache import ValkeyCache
from gateway.upstream.dispatch.budget import Priority
from gateway.upstream.transport.choose import make_transport
from gateway.upstream.transport.interface import Transport
from gateway.upstream.transport.offline import OfflineTransport
from gateway.upstream.upstreams import UpstreamFactory
from resolvers.caller_views import CallerViews
from resolvers.context import RequestContext
from resolvers.subgraph import Subgraph
from schema.build import build_schema, sdl
from schema.federation.names import Prefix

#: An operator's own operation ends within an hour.
_OPERATOR_SECONDS = 3600.0
#: Bytes of the filters that cached list plans were made of. A plan for five sources takes fifty times its filter.
_PLAN_BYTES = 100_000


def create_app(
    settings: Settings,
    *,
    loopback: bool = True,
    tabs: Sequence[Tab] = (),
    transport: Transport | None = None,
    undivided: Settings | None = None,
    policy: Policy | None = None,
    resources: ProcessResources | None = None,
) -> Starlette:
    """
    The gateway for these settings, as an ASGI application. `transport` replaces the network; `undivided` are the
    settings of all workers together; `policy` decides what callers may, instead of the settings' roles. `resources`
    outlive it; without them it has its own. Raises SettingsError.
    """

    def on_invalidate(source: str) -> None:
        table_service.mark_written(source)

    process = resources or ProcessResources(outlives_app=False)
    schema, metrics = process.schema, process.metrics
    upstreams = UpstreamFactory(
        transport or make_transport(settings.upstream.transport),
        _cache(settings, process.folder, on_invalidate),
        metrics,
        settings.upstream.answer_bytes,
        process.limiters,
    )
    audit = open_audit(settings.audit.file)
    authenticator = Authenticator(settings, transport=upstreams.transport)
    sources = _open_sources(settings, upstreams, process.coordination(settings)).all_or_raise()
    catalog = open_catalog(settings)
    plans: LRUCache[Hashable, Any] = LRUCache(_PLAN_BYTES, getsizeof=attrgetter("weight"))
    time_slice = TimeSlice()
    feed = AssetFeed(sources, poll_contexts(settings, time_slice), settings.live)

    views = _caller_views(settings, schema, sources, catalog, policy=policy)
    shares = FairShares(limiting_policy(settings, policy), process.share_counts, url=settings.cache.url)

    whole_subgraph, own_subgraph = (
        _subgraph(schema, federation) for federation in (FederationSettings(), settings.federation)
    )

    def new_context(request: HTTPConnection, subgraph: Subgraph = whole_subgraph) -> RequestContext:
        caller = caller_of(request.scope)
        view = views.of(caller)
        return RequestContext(
            view.sources,
            calls=settings.limits.upstream_calls,
            max_page_size=settings.limits.max_page_size,
            caching=settings.cache.enabled,
            base_url=lambda: settings.public_url or prefix_of(request.scope),
            records=settings.limits.records,
            seconds=settings.limits.deadline_seconds,
            time_slice=time_slice,
            plans=plans,
            changes=feed,
            count_kept=kept_counter.tally,
            catalog=views.catalog(view),
            caller=caller,
            rights=view.rights,
            audit=OperationAudit(audit, caller, REQUEST_ID.get()),
            subgraph=subgraph,
            charge=shares.charging(caller),
        )

    def new_export(request: HTTPConnection, exported: Mapping[str, Source]) -> RequestContext:
        return RequestContext(
            exported,
            calls=settings.limits.upstream_calls,
            max_page_size=2**31 - 1,
            caching=settings.cache.enabled,
            base_url=lambda: settings.public_url or prefix_of(request.scope),
            records=2**31 - 1,  # a table has limits of its own
            seconds=settings.limits.deadline_seconds,
            time_slice=time_slice,
            priority=Priority.EXPORT,
            caller=caller_of(request.scope),
            rights=views.of(caller_of(request.scope)).rights,
            charge=shares.charging(caller_of(request.scope)),
        )

    def make_filler(store: SnapshotStore) -> Filler:
        if transport is None:
            return FillerProcess(undivided or settings, store.folder, catalog.decisions)
        return FillerTask(fill_run(settings, store, sources, catalog.decisions))

    snapshots = SnapshotFolder(
        settings=settings.tables,
        sources=sources,
        shared=process.folder,
        private=lambda: process.private_folder,
    )
    table_service = TableService(
        snapshots,
        tables(schema._schema),  # noqa: SLF001
        sources,
        make_filler,
    )
    table_views = TableViews(table_service, lambda scope: views.of(caller_of(scope)).seen)
    kept_counter = KeptCounter(table_service)
    odata = ODataEndpoint(
        table_service, table_views, seconds=settings.limits.deadline_seconds, public_url=settings.public_url
    )
    table_routes = [
        *odata.routes(),
        *TableIndex(table_service, table_views, public_url=settings.public_url).routes(),
        Route(
            "/tables/{name}.{ending}",
            TableEndpoint(
                table_service, table_views, new_export, seconds=settings.limits.deadline_seconds
            ).table,
        ),
    ]

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        if settings.tables.always:
            table_service.start_always()
        watching = asyncio.create_task(
            process.telemetry.watch(
                {
                    "answers": lambda: getattr(upstreams.cache, "size", 0.0),
                    "responses": lambda: engine.response_cache_size,
                }
            )
        )
        lending = (
            asyncio.create_task(lend_rates(snapshots, upstreams.use_share)) if transport is None else None
        )
        try:
            yield
        finally:
            watching.cancel()
            if lending is not None:
                lending.cancel()
            await feed.close()
            await odata.close()
            await table_service.close()
            await views.close()
            await catalog.close()
            await authenticator.close()
            await shares.close()
            await upstreams.close()
            await process.on_app_closed()

    engine = make_engine(schema, settings)
    return edge_app(
        engine=engine,
        new_context=new_context,
        subgraph=_subgraph_service(schema, settings, lambda request: new_context(request, own_subgraph)),
        settings=settings,
        authenticator=authenticator,
        shares=shares,
        sdl=lambda: sdl(schema),
        tabs=tabs,
        extra_routes=[
            metrics_route(
                metrics.exposition,
                lambda: table_metrics(table_service.manifest_if_any(), table_service.now()),
                is_allowed=lambda scope: views.of(caller_of(scope)).sees_metrics,
            ),
            picture_route(new_context),
            *table_routes,
        ],
        loopback=loopback,
        lifespan=lifespan,
        sources=lambda scope: list(map(_status, views.of(caller_of(scope)).sources.values())),
        telemetry=process.telemetry.operations,
        on_response=process.telemetry.count_response,
        may_explore=lambda scope: views.of(caller_of(scope)).may_explore,
    )


def fill_run(
    settings: Settings,
    store: SnapshotStore,
    sources: Mapping[str, Source],
    decisions: Callable[[], Decisions],
    *,
    priority: Priority = Priority.EXPORT,
) -> FillRun:
    """A fill of these snapshots from these sources, which others may share, by the operator's `decisions`."""
    return FillRun(
        store=store,
        tables=tables(build_schema(vendors.load().values())._schema),  # noqa: SLF001
        sources=sources,
        open_context=fill_contexts(settings, sources, priority),
        policy=freshness_policy(settings.tables, FillRequests(store.folder)),
        decisions=decisions,
        detail_seconds=settings.tables.refresh_minutes * 60 if settings.tables.details else None,
    )


@asynccontextmanager
async def opened_fill(
    settings: Settings, decisions: Callable[[], Decisions], folder: Path | None = None
) -> AsyncIterator[FillRun]:
    """
    A fill over connections of its own, with its share of each source's rate, of the snapshots in `folder`; without that
    of those of the settings.
    """
    upstreams = UpstreamFactory(
        make_transport(settings.upstream.transport),
        ReferenceCache(),
        max_bytes=settings.upstream.answer_bytes,
    )
    try:
        sources = _open_sources(shared_out(settings), upstreams, WriteCoordination()).all_or_raise()
        snapshots = SnapshotFolder(settings=settings.tables, sources=sources)
        store = snapshots.store() if folder is None else snapshots.store_at(folder)
        try:
            yield fill_run(settings, store, sources, decisions, priority=Priority.INTERACTIVE)
        finally:
            snapshots.close()
    finally:
        await upstreams.close()


def open_catalog(settings: Settings) -> MatchingCatalog:
    """The matching of the sources' assets, by the operator's decisions. Raises SettingsError with their faults."""
    return MatchingCatalog(open_decisions(settings))


def open_decisions(settings: Settings) -> DecisionWatch:
    """The operator's decisions, read again when their file changes. Raises SettingsError with their faults."""
    identity = settings.identity
    names = [source.name for source in settings.sources] or None  # without any, that is the fault
    file = None if identity.file is None else Path(identity.file)
    try:
        return DecisionWatch(file, sources=names, is_own=identity.is_own)
    except InvalidDecisions as exc:
        where = f"{env_name(('identity', 'file'))} ({identity.file})" if identity.is_own else identity.file
        raise SettingsError([f"{where}: {fault}" for fault in exc.faults]) from exc


def _caller_views(
    settings: Settings,
    schema: strawberry.Schema,
    sources: Mapping[str, Source],
    catalog: MatchingCatalog,
    *,
    policy: Policy | None,
) -> CallerViews:
    """The views of the sources by the callers' rights. Raises SettingsError with all faults of the roles."""
    if faults := _role_faults(settings.roles, schema):
        raise SettingsError(faults)
    return CallerViews(sources, catalog, rights_by(policy or ConfiguredRoles(settings.roles), tuple(sources)))


def _role_faults(roles: Sequence[RoleSettings], schema: strawberry.Schema) -> list[str]:
    """Faults of roles that name what the schema does not have."""
    return role_faults(roles, role_words(schema._schema)) if roles else []  # noqa: SLF001


def make_engine(schema: strawberry.Schema, settings: Settings) -> Engine:
    """The engine that answers requests on the schema. Raises SettingsError if the trusted documents cannot be read."""
    return Engine(
        schema,
        limits=settings.limits,
        introspection=settings.introspection,
        trusted=settings.documents,
    )


def _subgraph(schema: strawberry.Schema, federation: FederationSettings) -> Subgraph:
    @functools.cache
    def text() -> str:
        prefix = Prefix(federation.prefix)
        return weighed_sdl(schema, vendors.load(), prefix, read_only=federation.read_only)

    return Subgraph(text, federation.prefix)


def _subgraph_service(
    schema: strawberry.Schema, settings: Settings, new_context: Callable[[HTTPConnection], RequestContext]
) -> SubgraphService | None:
    """The subgraph with names of its own; None if the settings have none."""
    federation = settings.federation
    if not federation.is_own:
        return None
    names = SubgraphNames(
        schema._schema,  # noqa: SLF001
        Prefix(federation.prefix),
        read_only=federation.read_only,
    )
    return SubgraphService(
        Engine(schema, limits=settings.limits, introspection=False, names=names), new_context
    )


def read_settings(config: Path | None, environ: Mapping[str, str], *, strict: bool = False) -> Settings:
    """
    The settings, with the sources that can be opened. Nobody is asked anything.

    Faults of vendors' packages are in `vendor_faults`, and their sources are left out; with `strict` they count as all
    others. Raises SettingsError with all faults at once.
    """
    installed = vendors.installed()
    keys = {name: vendor.keys for name, vendor in installed.vendors.items()}
    settings = load(
        config=config,
        environ=environ,
        vendors=keys,
        unusable=installed.unusable,
        check_roles=lambda roles: (
            _role_faults(roles, build_schema(installed.vendors.values())) if roles else []
        ),
    )
    opened = _open_sources(settings, UpstreamFactory(OfflineTransport()), WriteCoordination())
    vendor_faults = (*map(str, installed.faults), *settings.vendor_faults, *opened.vendor_faults)
    faults = [*opened.faults, *audit_faults(settings.audit.file), *(vendor_faults if strict else ())]
    try:
        open_decisions(settings)
    except SettingsError as exc:
        faults += exc.faults
    try:
        if settings.documents.file is not None:
            make_engine(build_schema(installed.vendors.values()), settings)
    except SettingsError as exc:
        faults += exc.faults
    if faults:
        raise SettingsError(faults)
    usable = tuple(source for source in settings.sources if source.name in opened.sources)
    return dataclasses.replace(settings, sources=usable, vendor_faults=vendor_faults)


def _cache(settings: Settings, folder: Path | None, on_invalidate: Callable[[str], None]) -> Cache:
    """
    The cache of upstream answers and its invalidations: shared with other gateways if a store is configured, else its
    invalidations with the workers on this machine.
    """
    if settings.cache.url is not None:
        return ValkeyCache(settings.cache.url, on_invalidate=on_invalidate)
    epochs = FileEpochs(folder) if folder is not None else None
    return LocalCache(epochs=epochs, on_invalidate=on_invalidate)


def vendor_keys() -> Mapping[str, SourceKeys]:
    """The setting keys of each vendor's sources, by vendor."""
    return {name: vendor.keys for name, vendor in vendors.load().items()}


class OpenedSources(NamedTuple):
    """
    The sources that could be opened, in the order of their names, and why others could not: for what the operator has
    set, or for what their vendors' packages declare.
    """

    sources: Mapping[str, Source]
    faults: tuple[str, ...]
    vendor_faults: tuple[str, ...]

    def all_or_raise(self) -> Mapping[str, Source]:
        """The sources. Raises SettingsError if there is a fault of any kind."""
        if self.faults or self.vendor_faults:
            raise SettingsError((*self.faults, *self.vendor_faults))
        return self.sources


def open_sources(settings: Settings, transport: Transport) -> Mapping[str, Source]:
    """The configured sources by name, in the order of their names. Raises SettingsError with every fault."""
    return _open_sources(settings, UpstreamFactory(transport), WriteCoordination()).all_or_raise()


def _open_sources(
    settings: Settings, upstreams: UpstreamFactory, coordination: WriteCoordination
) -> OpenedSources:
    known = vendors.load()
    sources: dict[str, Source] = {}
    faults: list[str] = []
    vendor_faults: list[str] = []
    for order, source_settings in enumerate(sorted(settings.sources, key=lambda source: source.name)):
        setting = env_name(("sources", source_settings.name))
        vendor = known[source_settings.vendor]
        try:
            source = Source.open(
                vendor, source_settings, order=order, upstreams=upstreams, writing=coordination
            )
            unsound = list(check(source))
        except ValueError as exc:
            faults.append(f"{setting}: {exc}")
            continue
        except Exception as exc:  # noqa: BLE001 (whatever another package's function may raise)
            unsound = [f"its description cannot be made: {type(exc).__name__}: {exc}"]
        if unsound:
            vendor_faults += [f"{setting}: vendor {vendor.name}: {fault}" for fault in unsound]
        else:
            sources[source.name] = source
    return OpenedSources(sources, tuple(faults), tuple(vendor_faults))


def _status(source: Source) -> SourceStatus:
    report = source.upstream.report()
    return SourceStatus(
        name=source.name,
        vendor=source.vendor,
        state=report.state,
        last_error=report.last_error,
        retry_at=report.retry_at,
    )


@asynccontextmanager
async def open_operation(settings: Settings) -> AsyncIterator[RequestContext]:
    """An operation of the operator's own, outside of any request. Its calls have no limit but the sources' rates."""
    upstreams = UpstreamFactory(make_transport(settings.upstream.transport), LocalCache())
    catalog = open_catalog(settings)
    context = RequestContext(
        _open_sources(settings, upstreams, WriteCoordination()).all_or_raise(),
        calls=2**31,
        records=2**31,
        max_page_size=settings.limits.max_page_size,
        caching=True,
        base_url=str,
        seconds=_OPERATOR_SECONDS,
        priority=Priority.EXPORT,
        catalog=catalog,
    )
    try:
        yield context
    finally:
        await context.close()
        await catalog.close()
        await upstreams.close()


@asynccontextmanager
async def opened_probes(settings: Settings) -> AsyncIterator[Mapping[str, Awaitable[ProbeResult]]]:
    """The probes of all sources by name, which run concurrently."""
    upstreams = UpstreamFactory(
        make_transport(settings.upstream.transport), max_bytes=settings.upstream.answer_bytes
    )
    try:
        sources = _open_sources(settings, upstreams, WriteCoordination()).all_or_raise()
        yield {name: asyncio.create_task(probe(source)) for name, source in sources.items()}
    finally:
        await upstreams.close()
