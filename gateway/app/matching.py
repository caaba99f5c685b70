"""Matching of the sources' assets by the operator's decisions."""

from pathlib import Path

from gateway.identity import InvalidDecisions
from gateway.identity.catalog import MatchingCatalog
from gateway.identity.decision_watch import DecisionWatch
from gateway.settings import Settings, SettingsError, env_name


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
