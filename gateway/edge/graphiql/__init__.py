"""GraphiQL, served from this package's own files (`static`), with example tabs."""
