"""
Cached reads: an operation's own reads, the shared cache, and request coalescing.

Gives `cached_reads`, caches in process (`cache`) and in Valkey (`valkey_cache`), and freshness rules.
"""
