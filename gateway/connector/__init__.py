"""
The machine for every vendor: it runs what the vendors' folders declare, and knows no vendor.

From the bottom up: `description` (the declarations), `records` (rows as records), `fetching` (reads of one source),
`lists` (filters, orders and pages over several sources) and `writing` (changes).
"""
