"""Events of upstream calls: log lines, Prometheus metrics and OpenTelemetry spans."""
