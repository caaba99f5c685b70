"""Settings that can be run: read, and checked against the vendors that are installed."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import strawberry

from gateway import vendors
from gateway.access.audit_sinks import audit_faults
from gateway.access.role_check import role_faults
from gateway.app.engines import make_engine
from gateway.app.matching import open_decisions
from gateway.app.policies import load_policy
from gateway.app.sources import open_each_source
from gateway.coordination.write_coordination import WriteCoordination
from gateway.engine.execution.role_words import role_words
from gateway.settings import RoleSettings, Settings, SettingsError, load
from gateway.upstream.transport.offline import OfflineTransport
from gateway.upstream.upstreams import UpstreamFactory
from schema.build import build_schema


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
            find_role_faults(roles, build_schema(installed.vendors.values())) if roles else []
        ),
    )
    opened = open_each_source(settings, UpstreamFactory(OfflineTransport()), WriteCoordination())
    vendor_faults = (*map(str, installed.faults), *settings.vendor_faults, *opened.vendor_faults)
    faults = [*opened.faults, *audit_faults(settings.audit.file), *(vendor_faults if strict else ())]
    try:
        load_policy(settings)
    except SettingsError as exc:
        faults += exc.faults
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


def find_role_faults(roles: Sequence[RoleSettings], schema: strawberry.Schema) -> list[str]:
    """Faults of roles that name what the schema does not have."""
    return role_faults(roles, role_words(schema._schema)) if roles else []  # noqa: SLF001
