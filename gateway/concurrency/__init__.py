"""
Patterns for concurrent work, without any knowledge of HTTP or GraphQL.

Gives request coalescing (`single_flight`), turns between callers (`fair_queue`), shared deadline timers (`timeouts`)
and structured concurrency (`gather`).
"""
