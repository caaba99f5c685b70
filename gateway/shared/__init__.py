"""What several processes must know of each other's writes: in a folder of one machine, or in a Valkey server."""
