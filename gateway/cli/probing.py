"""`check --probe`: its progress on standard error, and its results as text or JSON."""

# ruff: noqa: PLC0415 (a command loads only what it needs)

import asyncio
import time
from collections.abc import Awaitable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gateway.cli.console import complain, say
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.connector.fetching.probe import ListProbe, ProbeFailure, ProbeResult

#: A clock that differs by less may be as exact as its vendor's.
_CLOCK_SECONDS = 5.0


async def probe_sources(settings: Settings, *, as_text: bool, progress_seconds: float) -> "list[ProbeResult]":
    """The outcomes of all sources' probes; as text they are printed as they come, in the order of the sources."""
    from gateway.app import opened_probes

    results: list[ProbeResult] = []
    async with opened_probes(settings) as probes:
        progress = asyncio.create_task(_show_progress(probes, progress_seconds))
        try:
            for pending in probes.values():
                results.append(await pending)
                if as_text:
                    say("\n".join(_lines(results[-1])))
        finally:
            progress.cancel()
    return results


async def _show_progress(probes: Mapping[str, Awaitable[Any]], seconds: float) -> None:
    """Say now and then which sources are waited for."""
    started_at = time.monotonic()
    while True:
        await asyncio.sleep(seconds)
        waiting = [name for name, pending in probes.items() if not asyncio.ensure_future(pending).done()]
        complain(f"waiting for {', '.join(waiting)} ({time.monotonic() - started_at:.0f} s)")


def _lines(result: "ProbeResult") -> Iterator[str]:
    outcome = "ok" if result.failure is None else _words(result.failure)
    yield f"{result.source}: {outcome} ({result.milliseconds:.0f} ms)"
    for probe in result.lists:
        yield f"  {probe.type}: {_of_list(probe)} ({probe.milliseconds:.0f} ms)"
    if result.requests_remaining is not None:
        yield f"  calls left of the rate limit: {result.requests_remaining}"
    if result.clock_difference is not None and abs(result.clock_difference) >= _CLOCK_SECONDS:
        direction = "ahead" if result.clock_difference > 0 else "behind"
        yield f"warning: {result.source}: its clock is {abs(result.clock_difference):.0f} s {direction} of ours"
    yield from (f"warning: {result.source}: {unread}" for unread in result.unread_values)


def _of_list(probe: "ListProbe") -> str:
    if probe.failure is None:
        return "1 row" if probe.rows == 1 else f"{probe.rows} rows"
    return "the right to read it is missing" if probe.failure.is_missing_right else _words(probe.failure)


def _words(failure: "ProbeFailure") -> str:
    details = {"reason": failure.reason, "host": failure.host}
    known = " ".join(f"{name}={value}" for name, value in details.items() if value is not None)
    return f"{failure.code}: {failure.message}{f' ({known})' if known else ''}"


def probe_as_json(result: "ProbeResult") -> dict[str, Any]:
    """The outcome of a probe, as JSON."""
    return {
        "source": result.source,
        "vendor": result.vendor,
        "ok": result.failure is None,
        "milliseconds": round(result.milliseconds, 1),
        **_failure_as_json(result.failure),
        "lists": [
            {
                "type": probe.type,
                "rows": probe.rows,
                "milliseconds": round(probe.milliseconds, 1),
                "missingRight": probe.failure is not None and probe.failure.is_missing_right,
                **_failure_as_json(probe.failure),
            }
            for probe in result.lists
        ],
        "requestsRemaining": result.requests_remaining,
        "clockDifferenceSeconds": result.clock_difference and round(result.clock_difference, 1),
        "unreadValues": [unread._asdict() for unread in result.unread_values],
    }


def _failure_as_json(failure: "ProbeFailure | None") -> dict[str, Any]:
    if failure is None:
        return {"code": None, "reason": None, "host": None, "message": None}
    return {
        "code": failure.code,
        "reason": failure.reason,
        "host": failure.host,
        "message": failure.message,
    }
