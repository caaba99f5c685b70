"""
Execution of a query, level by level: plan, field usage, executor, projection of leaf fields.

Gives `plan.Planner` and `executor.LevelExecutor`.
"""
