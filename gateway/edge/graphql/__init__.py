"""
GraphQL over HTTP: the endpoint, its parameters, multipart uploads, and callers that disconnect.

Gives `endpoint.GraphQLEndpoint`.
"""
