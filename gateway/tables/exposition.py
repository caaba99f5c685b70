"""Prometheus metrics of the kept tables: age, rows, bytes, seconds and failures, read off the manifest."""

from collections.abc import Iterator
from datetime import datetime

from gateway.tables.manifest import Manifest

_SOURCE = ("table", "source")
_METRICS = (
    ("gateway_table_rows", "Rows of a source in a table.", _SOURCE),
    ("gateway_table_age_seconds", "Age of a source's rows in a table.", _SOURCE),
    ("gateway_table_failed", "1 if the last read of a source for a table failed.", _SOURCE),
    ("gateway_table_bytes", "Bytes of a table's Parquet file.", ("table",)),
    ("gateway_table_fill_seconds", "Seconds of a table's last fill.", ("table",)),
)


def table_metrics(manifest: Manifest, now: datetime) -> bytes:
    """The metrics as text."""
    if not manifest.tables:
        return b""
    import prometheus_client as prometheus  # noqa: PLC0415 (loaded with the other metrics)

    registry = prometheus.CollectorRegistry()
    gauges = {
        name: prometheus.Gauge(name, about, labels, registry=registry) for name, about, labels in _METRICS
    }
    for name, labels, value in _samples(manifest, now):
        gauges[name].labels(*labels).set(value)
    return prometheus.generate_latest(registry)


def _samples(manifest: Manifest, now: datetime) -> Iterator[tuple[str, tuple[str, ...], float]]:
    for table, snapshot in manifest.tables.items():
        yield "gateway_table_bytes", (table,), snapshot.bytes
        yield "gateway_table_fill_seconds", (table,), snapshot.seconds
        for source, part in snapshot.sources.items():
            labels = (table, source)
            yield "gateway_table_rows", labels, part.rows
            yield "gateway_table_failed", labels, float(part.fault is not None)
            if part.read_at is not None:
                yield "gateway_table_age_seconds", labels, max(0.0, (now - part.read_at).total_seconds())
