"""
Runs GraphQL operations, level by level, with caches of parsed documents and of responses.

Gives `engine.Engine` and `explain`.
"""
