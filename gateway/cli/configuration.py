"""Loading the settings for a command, with every fault on standard error."""

# ruff: noqa: PLC0415 (a command loads only what it needs)

from collections.abc import Mapping
from pathlib import Path

from gateway.cli.console import complain
from gateway.settings import Settings, SettingsError

NO_SOURCE = (
    "GATEWAY_SOURCES__<NAME>__<KEY>: no source is configured: set at least one; for an account at"
    " Fiwit GATEWAY_SOURCES__FIWIT__API_KEY is enough"
)


def load_settings(
    config: Path | None, environ: Mapping[str, str], *, need_source: bool = False, strict: bool = False
) -> Settings | None:
    """The settings; None if they have faults, which are then on standard error."""
    from gateway.app import read_settings

    try:
        settings = read_settings(config, environ, strict=strict)
    except SettingsError as exc:
        for fault in exc.faults:
            complain(fault)
        return None
    for fault in settings.vendor_faults:
        complain(f"warning: {fault}")
    if need_source and not settings.sources:
        complain(NO_SOURCE)
        return None
    for warning in settings.warnings:
        complain(f"warning: {warning}")
    return settings
