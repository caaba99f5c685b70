"""Log lines of a process's start, with the settings in force, and of its end."""

# ruff: noqa: PLC0415 (a command loads only what it needs)

import importlib.metadata
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.settings import Settings
from gateway.settings.in_force import settings_in_force

_log = logging.getLogger("gateway")


@contextmanager
def process_log(settings: Settings, *, workers: int = 1) -> Iterator[None]:
    """
    Log as the settings say, with a line of version and settings first (of secrets, that they are set), and one at the
    end, however the process ends.
    """
    from gateway.edge.serving.logs import configure_logging

    configure_logging(settings.log)
    if _log.isEnabledFor(logging.INFO):
        from gateway.app import vendor_keys

        version = importlib.metadata.version("asset-gateway")
        fields = {"version": version, "pid": os.getpid(), "workers": workers}
        _log.info("start", extra=fields | settings_in_force(settings, vendor_keys()))
    try:
        yield
    finally:
        _log.info("stop")
