"""Level resolvers: plain functions over records, each of which answers a field for all parents of a level at once."""
