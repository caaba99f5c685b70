"""The public GraphQL schema. `schema.bind` binds its fields to the functions of `resolvers`."""
