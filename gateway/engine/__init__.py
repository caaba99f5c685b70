"""Runs an operation: document cache, limits, execution, errors in our form."""
