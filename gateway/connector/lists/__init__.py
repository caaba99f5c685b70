"""
Lists over several sources: predicate pushdown, filtering, ordering, k-way merge and cursors.

Gives `conditions` (a filter as an expression tree), `pushdown` (what each source is asked to filter), streams of
records in order, and `merge`.
"""
