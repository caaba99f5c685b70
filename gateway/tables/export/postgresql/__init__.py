"""Export into PostgreSQL, by psycopg (the extra `postgresql`). Gives `destination.PostgreSQLDestination`."""
