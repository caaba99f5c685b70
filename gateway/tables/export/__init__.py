"""Export of tables: into a folder, a bucket, a DuckDB file or PostgreSQL. Gives `destination.parse_destination`."""
