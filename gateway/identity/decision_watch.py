"""
Watch of the operator's decisions: read at the start, and again when their file changes. What is wrong with a changed
file is logged, and the decisions before it hold.
"""

import logging
import time
import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from gateway.identity.decision_file import InvalidDecisions, parse_decisions
from gateway.identity.decisions import Decisions

_POLL_SECONDS = 1.0
_SECTION = "identity"
_LOG = logging.getLogger(__name__)

Version = tuple[int, int, int]


class DecisionWatch:
    """
    The decisions as they are now. `file` is polled at most once a second. `is_own` says that the file is for nothing
    but decisions; in the gateway's configuration only its `[identity]` is read. Raises InvalidDecisions.
    """

    def __init__(
        self,
        file: Path | None,
        *,
        sources: Collection[str] | None,
        is_own: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.revision = 0
        self._file = file
        self._sources = sources
        self._is_own = is_own
        self._clock = clock
        self._polled_at = clock()
        self._version = self._stat()
        self._decisions = Decisions() if file is None else self._read(file)

    def current(self) -> Decisions:
        """The decisions as they are now."""
        self.poll()
        return self._decisions

    def poll(self) -> int:
        """Look at the file if the last look is a second old. Gives the number of changes so far."""
        if self._file is None or self._clock() - self._polled_at < _POLL_SECONDS:
            return self.revision
        self._polled_at = self._clock()
        version = self._stat()
        if version == self._version:
            return self.revision
        self._version = version
        try:
            decisions = self._read(self._file)
        except InvalidDecisions as exc:
            for fault in exc.faults:
                _LOG.error("%s: %s: the decisions before this change hold", self._file.name, fault)
            return self.revision
        if decisions != self._decisions:
            self._decisions = decisions
            self.revision += 1
            _LOG.info("%s: new decisions", self._file.name)
        return self.revision

    def _stat(self) -> Version | None:
        if self._file is None:
            return None
        try:
            status = self._file.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _read(self, file: Path) -> Decisions:
        table = _table(file)
        own = {key: value for key, value in table.pop(_SECTION, {}).items() if self._is_own or key != "file"}
        if self._is_own and table:
            raise InvalidDecisions(
                [f"{name}: unknown: the decisions stand in [identity]" for name in sorted(table)]
            )
        return parse_decisions(own, sources=self._sources)


def _table(file: Path) -> dict[str, Any]:
    """The file's table. Raises InvalidDecisions."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as exc:
        raise InvalidDecisions([f"cannot be read ({exc.strerror}): give the path of a TOML file"]) from exc
    except UnicodeDecodeError as exc:
        raise InvalidDecisions(["is not UTF-8 text: save it as UTF-8"]) from exc
    except tomllib.TOMLDecodeError as exc:
        raise InvalidDecisions([f"is not valid TOML: {exc}"]) from exc
    if not isinstance(table.get(_SECTION, {}), Mapping):
        raise InvalidDecisions(["identity: must be a table, [identity]"])
    return table
