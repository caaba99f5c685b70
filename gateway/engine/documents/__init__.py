"""
From a request to a validated document: persisted and trusted documents, parsing, limits, validation.

Gives `documents.DocumentCache` and `persisted.PersistedDocuments`.
"""
