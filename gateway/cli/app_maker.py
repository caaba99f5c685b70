"""The application that `serve` serves, made of the settings, and made anew of them when they are read again."""

# ruff: noqa: PLC0415 (a worker loads what it needs, not the command line)

import argparse
import dataclasses
import logging
import os
import signal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from gateway.cli.arguments import with_logging
from gateway.cli.configuration import NO_SOURCE
from gateway.cli.listening import is_loopback, listening_fault
from gateway.settings import Settings, SettingsError

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import ASGIApp

    from gateway.edge.serving.file_watch import FileWatch
    from gateway.process_resources import ProcessResources

_log = logging.getLogger("gateway")


class AppMaker:
    """
    Maker of a worker's application, as `options` of the command line say. It is pickled to start a worker. `folder` is
    shared by the workers, None for a single process.
    """

    def __init__(self, settings: Settings, options: argparse.Namespace, folder: Path | None) -> None:
        self._settings = settings
        self._options = options
        self._folder = folder
        self._watch: FileWatch | None = None

    def __call__(self) -> "ASGIApp":
        """The application, which reads the settings again at SIGHUP; in a single process also if a file changes."""
        from gateway.edge.serving.file_watch import FileWatch
        from gateway.edge.serving.reloading import ReloadableApp
        from gateway.process_resources import ProcessResources

        resources = ProcessResources(folder=self._folder)
        is_watching = self._settings.reload and self._options.workers == 1
        watch = FileWatch(self._settings.files) if is_watching else None
        rebuild = partial(self._rebuild, resources, watch)
        app = self._build(self._settings, resources)
        return ReloadableApp(app, rebuild, watch=watch, close=resources.close)

    def reloaded(self, *, requested: bool) -> Self | None:
        """
        In the supervisor of several workers: the maker for the settings as they are now, if that is `requested` or one
        of their files has changed; None if not, or if they have faults, which are logged.
        """
        if not requested and not self._has_changed():
            return None
        try:
            settings = self._read()
        except SettingsError as exc:
            for fault in exc.faults:
                _log.error("the settings are not reloaded: %s", fault)
            return None
        self._settings = settings
        if self._watch is not None:
            self._watch.replace(settings.files)
        return type(self)(settings, self._options, self._folder)

    def _has_changed(self) -> bool:
        if not self._settings.reload:
            return False
        if self._watch is None:
            from gateway.edge.serving.file_watch import FileWatch

            self._watch = FileWatch(self._settings.files)
        return self._watch.has_changed()

    def _rebuild(self, resources: "ProcessResources", watch: "FileWatch | None") -> "Starlette":
        """The application for the settings as they are now. Raises SettingsError."""
        from gateway.edge.serving.logs import configure_logging

        settings = self._read()
        app = self._build(settings, resources)
        if watch is not None:
            watch.replace(settings.files)
        configure_logging(settings.log)
        return app

    def _read(self) -> Settings:
        from gateway.app import read_settings

        options = self._options
        settings = read_settings(options.config, os.environ, strict=options.strict)
        if not settings.sources:
            raise SettingsError([NO_SOURCE])
        if (fault := listening_fault(settings, options.host)) is not None:
            raise SettingsError([fault])
        return with_logging(settings, options)

    def _build(self, settings: Settings, resources: "ProcessResources") -> "Starlette":
        from gateway.app import create_app
        from gateway.edge.graphiql.examples import TABS

        return create_app(
            _worker_settings(settings, self._options.workers),
            loopback=is_loopback(self._options.host),
            tabs=TABS,
            undivided=settings,
            resources=resources,
        )


def ignore_reload_signal() -> None:
    """Ignore SIGHUP until there is an application that can be reloaded; processes that are started inherit that."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _worker_settings(settings: Settings, workers: int) -> Settings:
    """The settings of each worker: its share of the rate and concurrency that the vendors allow."""
    sources = tuple(
        dataclasses.replace(
            source,
            rate_per_minute=source.rate_per_minute / workers,
            concurrency=-(-source.concurrency // workers),
        )
        for source in settings.sources
    )
    return dataclasses.replace(settings, sources=sources)
