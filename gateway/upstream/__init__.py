"""
HTTP out: one source's requests, within the vendor's limits and ours.

From the top: `upstreams` and `client` (the door), `caching`, `dispatch` (queue, retries, circuit breaker), `http` (one
exchange), `transport` (connections) and, beside them, `telemetry`.
"""
