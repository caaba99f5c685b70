"""
Writes: from a mutation's input to the vendor's request, and from its answer to the result.

Gives `request_body` (validation and the body), `perform` (lock, read, send, verify) and `csv_import`.
"""
