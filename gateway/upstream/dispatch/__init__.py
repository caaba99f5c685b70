"""
Sending within limits: admission, rate limit, attempts with credentials, retries, circuit breaker, health.

Gives `dispatcher` and an operation's `budget`.
"""
