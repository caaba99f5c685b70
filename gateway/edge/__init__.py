"""The HTTP side: the GraphQL endpoint, GraphiQL, keys, hosts, request ids, health."""
