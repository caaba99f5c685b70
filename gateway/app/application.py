"""Composition root of the gateway: the only module that wires its parts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

import strawberry
from cachetools import LRUCache
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Route
from starlette.types import Scope

from gateway.access import Authenticator
from gateway.access.audit import OperationAudit
from gateway.access.audit_sinks import open_audit
from gateway.access.fair_shares import Charge, FairShares, limiting_policy
from gateway.access.policy import ConfiguredRoles, Policy, rights_by
from gateway.app.caller_accounts import CallerAccounts, with_own_accounts
from gateway.app.configuration import find_role_faults
from gateway.app.engines import make_engine, make_subgraph, subgraph_service
from gateway.app.fills import filler_maker
from gateway.app.matching import open_catalog
from gateway.app.policies import checked_policy, load_policy
from gateway.app.sources import open_each_source
from gateway.concurrency.time_slice import TimeSlice
from gateway.connector.fetching.source import Source
from gateway.coordination.file_epochs import FileEpochs
from gateway.edge.graphiql.page import Tab
from gateway.edge.graphql.explanation import OperationExplainer
from gateway.edge.health import SourceStatus
from gateway.edge.lazy_endpoint import ClosableApp, LazyEndpoint
from gateway.edge.metrics import metrics_route
from gateway.edge.middleware.auth import caller_of
from gateway.edge.middleware.paths import prefix_of
from gateway.edge.qr_codes import picture_route
from gateway.edge.routes import edge_app
from gateway.edge.tables.endpoint import TableEndpoint
from gateway.edge.tables.index import TableIndex
from gateway.engine.explain.groups import ExplainContext
from gateway.engine.request import REQUEST_ID
from gateway.identity.catalog import MatchingCatalog
from gateway.live.feed import AssetFeed
from gateway.live.poll_contexts import poll_contexts
from gateway.process_resources import ProcessResources
from gateway.settings import Settings, SettingsError
from gateway.settings.model import FederationSettings
from gateway.tables.caller.table_view import TableViews
from gateway.tables.counts import KeptCounter
from gateway.tables.derivation import tables
from gateway.tables.exposition import table_metrics
from gateway.tables.service import TableService
from gateway.tables.setup import SnapshotFolder, lend_rates
from gateway.upstream.caching.cache import Cache, LocalCache
from gateway.upstream.caching.valkey_cache import ValkeyCache
from gateway.upstream.dispatch.budget import Priority
from gateway.upstream.transport.choose import make_transport
from gateway.upstream.transport.interface import Transport
from gateway.upstream.upstreams import UpstreamFactory
from resolvers.caller_views import CallerViews
from resolvers.context import RequestContext
from resolvers.subgraph import Subgraph
from schema.build import sdl

ContextT = TypeVar("ContextT", bound=RequestContext)

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
    settings of all workers together; `policy` decides what callers may, instead of the settings'. `resources`
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
    sources = open_each_source(settings, upstreams, process.coordination(settings)).all_or_raise()
    catalog = open_catalog(settings)
    plans: LRUCache[Hashable, Any] = LRUCache(_PLAN_BYTES, getsizeof=attrgetter("weight"))
    time_slice = TimeSlice()
    feed = AssetFeed(sources, poll_contexts(settings, time_slice), settings.live)

    accounts = CallerAccounts(settings, sources, upstreams)
    views, policy = _caller_views(settings, schema, sources, catalog, policy=policy)
    shares = FairShares(limiting_policy(settings, policy), process.share_counts, url=settings.cache.url)

    whole_subgraph, own_subgraph = (
        make_subgraph(schema, federation) for federation in (FederationSettings(), settings.federation)
    )

    def make_context(kind: type[ContextT], scope: Scope, subgraph: Subgraph = whole_subgraph) -> ContextT:
        caller = caller_of(scope)
        view = views.of(caller)
        return kind(
            view.sources,
            calls=settings.limits.upstream_calls,
            max_page_size=settings.limits.max_page_size,
            caching=settings.cache.enabled,
            base_url=lambda: settings.public_url or prefix_of(scope),
            records=settings.limits.records,
            seconds=settings.limits.deadline_seconds,
            time_slice=time_slice,
            plans=plans,
            changes=feed,
            count_kept=kept_counter.tally,
            catalog=views.catalog(view),
            caller=caller,
            rights=view.rights,
            audit=None if audit is None else OperationAudit(audit, caller, REQUEST_ID.get()),
            subgraph=subgraph,
            charge=shares.charging(caller),
        )

    new_context = with_own_accounts(partial(make_context, RequestContext), accounts, views)
    new_explain_context = partial(make_context, ExplainContext)

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
        filler_maker(
            settings,
            snapshots,
            catalog.decisions,
            undivided=(undivided or settings) if transport is None else None,
        ),
    )
    table_views = TableViews(table_service, lambda scope: views.of(caller_of(scope)).visible)
    kept_counter = KeptCounter(table_service)

    odata = LazyEndpoint(partial(_odata, settings, table_service, table_views, _charging(shares)))
    table_routes = [
        *(Route(path, odata) for path in ("/odata", "/odata/{path:path}")),
        *TableIndex(table_service, table_views, public_url=settings.public_url).routes(),
        Route(
            "/tables/{name}.{ending}",
            TableEndpoint(
                table_service,
                table_views,
                new_export,
                charging=_charging(shares),
                seconds=settings.limits.deadline_seconds,
            ).table,
        ),
    ]

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        if settings.tables.always:
            table_service.start_always()
        sizes = {
            "answers": lambda: getattr(upstreams.cache, "size", 0.0),
            "responses": lambda: engine.response_cache_size,
        }
        lending = [lend_rates(snapshots, upstreams.use_share)] if transport is None else []
        tasks = list(map(asyncio.create_task, (process.telemetry.watch(sizes), *lending)))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
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
        subgraph=subgraph_service(
            schema,
            settings,
            lambda scope: new_context(scope, own_subgraph),
            lambda scope: new_explain_context(scope, own_subgraph),
        ),
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
        accepting=lambda scope: accounts.accepting(views.of(caller_of(scope)).sources),
        explainer=OperationExplainer(engine, new_explain_context),
    )


def _caller_views(
    settings: Settings,
    schema: strawberry.Schema,
    sources: Mapping[str, Source],
    catalog: MatchingCatalog,
    *,
    policy: Policy | None,
) -> tuple[CallerViews, Policy | None]:
    """
    The views of the sources by the callers' rights, and the policy that decides these instead of the roles, if there is
    one. Raises SettingsError with all faults of the roles.
    """
    if faults := find_role_faults(settings.roles, schema):
        raise SettingsError(faults)
    own = checked_policy(policy or load_policy(settings), schema)
    rights = rights_by(own or ConfiguredRoles(settings.roles), tuple(sources))
    return CallerViews(sources, catalog, rights), own


def _cache(settings: Settings, folder: Path | None, on_invalidate: Callable[[str], None]) -> Cache:
    """
    The cache of upstream answers and its invalidations: shared with other gateways if a store is configured, else its
    invalidations with the workers on this machine.
    """
    if settings.cache.url is not None:
        return ValkeyCache(settings.cache.url, on_invalidate=on_invalidate)
    epochs = FileEpochs(folder) if folder is not None else None
    return LocalCache(max_bytes=settings.cache.memory_bytes, epochs=epochs, on_invalidate=on_invalidate)


def _odata(
    settings: Settings,
    service: TableService,
    views: TableViews,
    charging: Callable[[HTTPConnection], Charge | None],
) -> ClosableApp:
    from gateway.edge.tables.odata.endpoint import ODataEndpoint  # noqa: PLC0415 (for its clients only)

    return ODataEndpoint(
        service,
        views,
        charging=charging,
        seconds=settings.limits.deadline_seconds,
        public_url=settings.public_url,
    )


def _status(source: Source) -> SourceStatus:
    report = source.upstream.report()
    return SourceStatus(
        name=source.name,
        vendor=source.vendor,
        state=report.state,
        last_error=report.last_error,
        retry_at=report.retry_at,
    )


def _charging(shares: FairShares) -> Callable[[HTTPConnection], Charge | None]:
    """Charges of the callers of requests; none for those without limits."""
    return lambda request: shares.charging(caller_of(request.scope))
