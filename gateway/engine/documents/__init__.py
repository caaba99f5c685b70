"""
From a request to a validated document: persisted and trusted documents, parsing, limits, validation.

Gives `documents.Documents` (the document cache) and `persisted.Persisted`.
"""
