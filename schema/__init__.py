"""The public GraphQL schema: what can be asked. `schema.bind` joins it to `resolvers`, which answer."""
