"""
Runs GraphQL operations, level by level, and keeps parsed documents and whole responses.

Gives `engine.Engine` and `explain`.
"""
