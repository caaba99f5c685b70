"""The directive `@defer`, as the specification's draft has it and graphql-core's rules know it."""

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLDeferDirective,
    GraphQLDirective,
    GraphQLNonNull,
    GraphQLString,
)

DEFER = GraphQLDirective(
    GraphQLDeferDirective.name,
    GraphQLDeferDirective.locations,
    {
        "if": GraphQLArgument(
            GraphQLNonNull(GraphQLBoolean),
            default_value=True,
            description="The fragment is deferred if true.",
        ),
        "label": GraphQLArgument(
            GraphQLString, description="The name by which parts are told apart, unique in the operation."
        ),
    },
    description=(
        "The fields of the fragment may come in a later part of the answer, so that the rest does not wait for those "
        "that take a call for each record. Parts are sent to clients that accept `multipart/mixed`; all others get the "
        "whole answer at once, and so does whoever subscribes or sends a mutation."
    ),
)
