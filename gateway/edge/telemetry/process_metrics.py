"""Prometheus metrics of the process: its version, memory, processor time, files, caches, and the event loop's lag."""

import asyncio
import importlib.metadata
import os
import platform
import time
from collections.abc import Callable, Mapping
from typing import Any

import prometheus_client as prometheus

from gateway.upstream.telemetry.worker_gauges import MULTIPROCESS_FOLDER

_LAG_SECONDS = 0.5
#: The part of an earlier delay that is left half a second later: a scrape every 15 s still sees a thirtieth of it.
_DECAY = 0.9
#: Metrics of the library's own collector, by the names that they have here.
_PROCESS = {
    "process_resident_memory_bytes": "gateway_process_resident_memory_bytes",
    "process_cpu_seconds": "gateway_process_cpu_seconds",
    "process_open_fds": "gateway_process_open_fds",
    "process_max_fds": "gateway_process_max_fds",
    "process_start_time_seconds": "gateway_process_start_time_seconds",
}


class ProcessMetrics:
    """Metrics of this process; with several workers each has series of its own, by `pid`."""

    def __init__(self, registry: prometheus.CollectorRegistry) -> None:
        # a registry of its own: with several workers only the gauges are exposed
        self._collector = prometheus.ProcessCollector(registry=prometheus.CollectorRegistry())

        def gauge(name: str, about: str, labels: tuple[str, ...] = (), mode: Any = "liveall") -> Any:
            return prometheus.Gauge(name, about, labels, registry=registry, multiprocess_mode=mode)

        self._process = {name: gauge(own, "As of the operating system.") for name, own in _PROCESS.items()}
        self._lag = gauge("gateway_event_loop_lag_seconds", "Delay of the event loop, the longest of late.")
        self._cache = gauge("gateway_cache_bytes", "Bytes in a cache of the process.", ("cache",))
        self._worst_lag = 0.0
        version = importlib.metadata.version("asset-gateway")
        build = gauge("gateway_build_info", "1, with the version.", ("version", "python"), "livemax")
        build.labels(version, platform.python_version()).set(1)

    def hand_over(self, cache_bytes: Mapping[str, Callable[[], float]]) -> None:
        """Set the gauges. `cache_bytes` gives the sizes of the caches by their names."""
        for family in self._collector.collect():
            own = self._process.get(family.name)
            if own is not None and family.samples:
                own.set(family.samples[0].value)
        self._lag.set(self._worst_lag)
        for name, size in cache_bytes.items():
            self._cache.labels(name).set(size())

    async def watch(self, hand_over: Callable[[], None]) -> None:
        """Measure the lag of the event loop; with several workers hand over what the others are to expose."""
        has_workers = MULTIPROCESS_FOLDER in os.environ
        while True:
            due = time.perf_counter() + _LAG_SECONDS
            await asyncio.sleep(_LAG_SECONDS)
            self._worst_lag = max(self._worst_lag * _DECAY, time.perf_counter() - due)
            if has_workers:
                hand_over()
