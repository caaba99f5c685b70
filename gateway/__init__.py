"""One GraphQL API over the IT-asset products of several vendors."""
