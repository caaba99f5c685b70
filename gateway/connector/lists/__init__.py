"""
Lists over several sources: predicate pushdown, filtering, ordering, k-way merge and cursors.

Gives `conditions` (a filter as an expression tree), `pushdown` (the part of it that a vendor applies), `filtering` (the
part that is applied here), streams of records in order, `merge` and `cursor`.
"""
