"""Telemetry of requests and of the process: log lines, Prometheus metrics and OpenTelemetry spans."""
