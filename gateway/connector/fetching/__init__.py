"""
Reads of one source within one operation: pages, records by id, reference tables, details.

Gives `Source` (a configured account), `Session` (its reads in one operation), `Pager`, `by_id` and `hydrate`.
"""
