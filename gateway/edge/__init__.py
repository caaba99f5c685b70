"""
HTTP in: routes, middleware, GraphQL over HTTP, GraphiQL, tables, health and metrics.

Gives `routes.edge_app`, the ASGI application.
"""
