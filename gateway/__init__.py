"""
One GraphQL API over the IT-asset products of several vendors.

From the caller to the vendors: `edge` (HTTP in), `engine` (runs GraphQL), `schema` and `resolvers`, `connector` (runs
the vendors' descriptions), `upstream` (HTTP out). `vendors` holds the descriptions, `app` wires the parts.
"""
