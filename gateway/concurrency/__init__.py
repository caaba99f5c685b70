"""
Patterns for concurrent work, without any knowledge of HTTP or GraphQL.

Gives request coalescing (`single_flight`), fair queueing between callers (`fair_queue`), shared deadline timers
(`timeouts`) and structured concurrency (`gather`).
"""
