"""The command `asset-gateway serve`: the gateway for the configured sources, in one or more worker processes."""

# ruff: noqa: PLC0415 (a command loads only what it needs)

import argparse
import gc
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.app_maker import AppMaker, ignore_reload_signal
from gateway.cli.arguments import add_address, add_config, add_logging, add_strict, positive, with_logging
from gateway.cli.configuration import load_settings
from gateway.cli.console import say
from gateway.cli.listening import may_listen, open_sockets, say_addresses
from gateway.cli.process_log import process_log

if TYPE_CHECKING:
    from collections.abc import Iterator


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The settings file, the address to listen on, how strict to be, the log, and the number of workers."""
    add_config(command)
    add_address(command)
    add_strict(command)
    add_logging(command)
    command.add_argument("--workers", type=positive, default=1, metavar="N", help="processes (default: 1)")


def run(options: argparse.Namespace) -> int:
    """Serves until it is ended, and gives the exit status."""
    # Loaded modules stay: `serve` has the collector run again, without them.
    gc.disable()
    from gateway.edge.serving.serve import close, serve

    # A worker that has no handler yet must not end by a signal that is meant for the supervisor.
    ignore_reload_signal()
    settings = load_settings(options.config, os.environ, need_source=True, strict=options.strict)
    if settings is None or not may_listen(settings, options.host):
        return 1
    settings = with_logging(settings, options)
    sockets = open_sockets(options.host, options.port)
    if sockets is None:
        return 1
    say(f"Sources: {', '.join(f'{source.name} ({source.vendor})' for source in settings.sources)}")
    say_addresses(options.host, sockets, ide=settings.ide)
    try:
        with process_log(settings, workers=options.workers), _shared_folder(options.workers) as folder:
            maker = AppMaker(settings, options, folder)
            began = serve(
                maker,
                sockets,
                workers=options.workers,
                log=settings.log,
                reload=maker.reloaded,
                drain_seconds=settings.drain_seconds,
            )
    finally:
        close(sockets)
    return 0 if began else 1


@contextmanager
def _shared_folder(workers: int) -> "Iterator[Path | None]":
    """
    A temporary folder in which the workers coordinate their writes, and another for their metrics unless the operator
    has set one. None for a single worker.
    """
    if workers == 1:
        yield None
        return
    import fcntl

    name = "PROMETHEUS_MULTIPROC_DIR"
    with tempfile.TemporaryDirectory(prefix="asset-gateway-") as folder:
        metrics, writes = Path(folder, "metrics"), Path(folder, "writes")
        metrics.mkdir()
        writes.mkdir()
        metrics_folder = os.environ.setdefault(name, str(metrics))
        # Cleaners of old temporary files leave alone the contents of a locked folder.
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            yield writes
        finally:
            os.close(lock)
            if metrics_folder == str(metrics):
                del os.environ[name]
